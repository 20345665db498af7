/** The style sheet of `report.html`. */

import { HtmlText } from './html-text.ts';

export const REPORT_STYLE: HtmlText = new HtmlText(`
:root { --ink: #1b1f24; --soft: #5b6570; --line: #dfe3e8; --page: #f6f7f9; --card: #fff; --accent: #2a62c9;
  --good: #12734a; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --soft: #9aa5b1; --line: #2c333c; --page: #12151a; --card: #1a1f26; --accent: #79a8ff;
    --good: #4cc38a; --bad: #ff8478; --warn: #e0b050; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 0 0 10px; }
.kicker { margin: 0 0 4px; color: var(--soft); font-size: 13px; }
.verdict { margin: 10px 0 22px; font-size: 17px; max-width: 75ch; }
.badge { font-size: 13px; font-weight: 600; vertical-align: middle; padding: 2px 9px; border-radius: 99px;
  border: 1px solid currentColor; }
.badge.success, .good { color: var(--good); }
.badge.degraded { color: var(--warn); }
.badge.error, .badge.killed, .bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-bottom: 16px; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.tile { padding: 10px 14px; }
.tile span { display: block; color: var(--soft); font-size: 12px; }
.tile strong { font-size: 19px; font-weight: 600; }
section { padding: 16px 18px; margin-bottom: 16px; min-width: 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 0 16px; }
table { border-collapse: collapse; width: 100%; }
.pairs th { text-align: left; font-weight: 400; color: var(--soft); padding: 3px 12px 3px 0; vertical-align: top; }
.pairs td { text-align: right; padding: 3px 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.list { font-size: 13px; }
.list th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap; }
.list th, .list td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); }
.list td { white-space: nowrap; }
.note, .empty { color: var(--soft); font-size: 13px; margin: 8px 0 0; }
pre { margin: 0 0 12px; padding: 10px 12px; background: var(--page); border-radius: 6px; overflow-x: auto; font-size: 13px; }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: var(--line); }
.opening { stroke: var(--soft); stroke-dasharray: 3 4; }
.curve { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; }
.tick { fill: var(--soft); font-size: 11px; }
.entry { fill: var(--card); stroke: var(--ink); stroke-width: 1.2; }
.exit { stroke: var(--card); stroke-width: 1; }
.exit.gain { fill: var(--good); }
.exit.loss { fill: var(--bad); }
@media print { body { background: none; } section, .tile { break-inside: avoid; } }
`);
