/** The style sheet of `report.html`: no cards, no decoration; hairlines, one column, numbers in line. */

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #171a1f; --soft: #5c6672; --line: #e3e6ea; --page: #fff; --sunk: #f5f6f8;
  --accent: #2457c5; --held: #8a5a00; --good: #0f6b43; --bad: #b3261e; --warn: #8a5a00; --doubt: #f2c94c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7ec; --soft: #98a3b0; --line: #2a3038; --page: #101318; --sunk: #181c22;
    --accent: #7ea6ff; --held: #d9a94a; --good: #4fc48d; --bad: #ff8a7e; --warn: #e0b050; --doubt: #e0b050; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums lining-nums; }
main { max-width: 1120px; margin: 0 auto; padding: 44px 40px 72px; }
.kicker { margin: 0 0 14px; color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.badge { display: inline-block; margin-right: 8px; font-weight: 600; text-transform: uppercase; letter-spacing: .06em;
  font-size: 11px; }
.badge::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px;
  background: currentColor; }
.badge.success, .good { color: var(--good); }
.badge.degraded { color: var(--warn); }
.badge.error, .badge.killed, .bad { color: var(--bad); }
h1 { font: 400 29px/1.32 Charter, "Iowan Old Style", Georgia, "Noto Serif", "DejaVu Serif", serif; margin: 0; max-width: 48ch;
  font-variant-numeric: lining-nums; text-wrap: balance; }
.end { margin: 12px 0 0; color: var(--soft); max-width: 80ch; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
h2 { font-size: 13px; font-weight: 600; letter-spacing: .02em; margin: 0; }
p { margin: 0 0 10px; }
dl, dd, figure { margin: 0; }
.band-line { margin: 26px 0 0; max-width: 600px; }
.band-words { display: flex; flex-wrap: wrap; gap: 2px 28px; margin-top: 4px; }
.band-words div { display: flex; gap: 8px; }
.band-words dt { color: var(--soft); }
header > .band-words { margin-top: 22px; }
.headline { display: grid; grid-template-columns: repeat(6, auto); justify-content: space-between; gap: 18px 24px;
  margin: 30px 0 0; padding: 18px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
.headline dt { color: var(--soft); font-size: 12px; }
.headline dd { font-size: 20px; line-height: 1.35; }
.headline small { display: block; font-size: 12px; color: var(--soft); }
.charts { margin: 30px 0 8px; }
figcaption, .note, .empty { color: var(--soft); font-size: 13px; }
.note { margin: 10px 0 0; max-width: 84ch; }
.empty { margin: 0 0 10px; }
section { display: grid; grid-template-columns: 108px minmax(0, 1fr); gap: 0 24px; border-top: 1px solid var(--line);
  padding: 26px 0 22px; }
.body > * + .scroll, .body > .scroll + *, .body > * + .sums { margin-top: 18px; }
.body > p + .scroll { margin-top: 6px; }
.body > :last-child { margin-bottom: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; font-weight: 400; color: var(--soft); font-size: 12px; white-space: nowrap; }
th, td { padding: 5px 18px 5px 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th:last-child, td:last-child { padding-right: 0; }
td { white-space: nowrap; }
td.prose, td:last-child { white-space: normal; min-width: 9ch; }
td.prose { min-width: 24ch; }
.n { text-align: right; }
td.n, .trade-row .net { white-space: nowrap; }
.sums tbody tr:last-child td { border-bottom: 0; border-top: 1px solid var(--ink); }
.sums td { white-space: normal; }
strong { font-weight: 600; }
.fine { color: var(--soft); }
.bar { width: 110px; height: 7px; display: block; }
.bar .paid { fill: var(--bad); opacity: .65; }
.bar .gained { fill: var(--good); opacity: .65; }
.pairs th { width: 1%; padding-right: 28px; font-size: 13px; }
.pairs td { white-space: normal; overflow-wrap: anywhere; min-width: 0; }
.trades { font-size: 13.5px; }
.trade-row { display: grid; align-items: baseline; padding: 5px 0; border-bottom: 1px solid var(--line); column-gap: 12px;
  grid-template-columns: 3ch minmax(17ch, 1.5fr) 18ch minmax(9ch, 1fr) minmax(9ch, 1fr) 9ch minmax(8ch, 1fr) 6ch 8ch; }
.trade-row.heads { color: var(--soft); }
.trade-row.heads span { font-size: 12px; }
.trade-row > * { min-width: 0; overflow-wrap: anywhere; }
.trade-row > :nth-child(4), .trade-row > :nth-child(5), .trade-row > :nth-child(6), .trade-row > :nth-child(8),
.trade-row > :nth-child(9) { text-align: right; }
.trade-row .id, .trade-row .when, .trade-row .why, .trade-row .fees { color: var(--soft); }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary.trade-row:hover, details[open] > summary.trade-row { background: var(--sunk); }
summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.body > .document { margin-top: 18px; }
.document > summary { color: var(--accent); font-size: 13.5px; }
.document code { font-size: 12.5px; overflow-wrap: anywhere; }
.story { padding: 12px 0 14px 4ch; border-bottom: 1px solid var(--line); font-size: 13px; }
.story p { margin: 0 0 10px; }
pre, code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 0 0 10px; padding: 12px 14px; background: var(--sunk); border-radius: 4px; font-size: 12px; line-height: 1.55;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.story dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 18px; margin: 0 0 12px; padding: 12px 14px;
  background: var(--sunk); border-radius: 4px; }
.story dt { color: var(--soft); }
.story dd { overflow-wrap: anywhere; }
.story > :last-child { margin-bottom: 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
.narrow { display: none; }
.grid { stroke: var(--line); }
.zero, .nought { stroke: var(--soft); }
.opening { stroke: var(--soft); stroke-dasharray: 2 4; }
.panel { font-size: 12px; fill: var(--soft); }
.tick { font-size: 11.5px; fill: var(--soft); }
.curve { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; }
.band { fill: var(--accent); opacity: .13; }
.down { fill: var(--bad); fill-opacity: .22; stroke: var(--bad); stroke-width: 1; }
.long { fill: var(--accent); opacity: .45; }
.short { fill: var(--held); opacity: .55; }
.doubt { fill: var(--doubt); opacity: .3; }
.entry { fill: var(--page); stroke: var(--ink); stroke-width: 1.1; }
.exit { stroke: var(--page); stroke-width: 1; }
.exit.gain { fill: var(--good); }
.exit.loss { fill: var(--bad); }
.range { stroke: var(--accent); stroke-width: 8; opacity: .35; stroke-linecap: round; }
.heat svg { width: auto; max-width: 100%; }
.heat .field { fill: var(--good); }
.heat .field.loss { fill: var(--bad); }
.heat .value { font-size: 11px; fill: var(--ink); }
.real { fill: var(--accent); stroke: var(--page); stroke-width: 2; }
.probe rect { fill: transparent; }
.probe g { visibility: hidden; pointer-events: none; }
.probe:hover g { visibility: visible; }
.probe line { stroke: var(--ink); opacity: .5; }
.probe text { font-size: 12px; fill: var(--ink); text-anchor: end; }
@media (max-width: 860px) {
  main { padding: 26px 18px 48px; }
  h1 { font-size: 22px; }
  .headline { grid-template-columns: repeat(2, 1fr); }
  section { display: block; }
  h2 { margin-bottom: 12px; font-size: 14px; }
  .wide { display: none; }
  .narrow { display: block; }
  .tick, .panel { font-size: 10.5px; }
  .sums td:nth-child(2) .soft { display: none; }
  .sums .bar { width: 56px; }
  .trade-row.heads { display: none; }
  .trade-row { grid-template-columns: auto 1fr auto; row-gap: 0; padding: 8px 0; }
  .trade-row > * { grid-row: 2; }
  .trade-row .id, .trade-row .what, .trade-row .net { grid-row: 1; }
  .trade-row .net { grid-column: 3; text-align: right; }
  .trade-row .id { grid-column: 1; }
  .trade-row .what { grid-column: 2; }
  .trade-row .when { grid-column: 1 / 3; }
  .trade-row .why { grid-column: 3; text-align: right; }
  .trade-row .entry-price, .trade-row .exit-price, .trade-row .held, .trade-row .fees { display: none; }
  .story { padding-left: 0; }
}
@media print {
  :root { --ink: #000; --soft: #444; --line: #ccc; --page: #fff; --sunk: #f5f5f5; --accent: #2457c5; --held: #8a5a00;
    --good: #0f6b43; --bad: #b3261e; --warn: #8a5a00; --doubt: #f2c94c; }
  body { font-size: 11px; }
  main { max-width: none; padding: 0; }
  tr, .trade-row, .charts, header, pre { break-inside: avoid; }
  h2 { break-after: avoid; }
  .probe, .document { display: none; }
  .scroll { overflow: visible; }
}
`;
