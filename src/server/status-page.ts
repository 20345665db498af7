/** The session at a glance, as one page without scripts that fetches itself anew. */

import { createHash } from 'node:crypto';

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import { escapeHtml } from './html-escape.ts';

const REFRESH_SECONDS = 2;

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 44rem; padding: 0 1rem; color: #1c2430; background: #f7f8fa; }
h1 { font-size: 1.25rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid #d9dee6; font-variant-numeric: tabular-nums; }
th { font-weight: normal; color: #56627a; width: 40%; }
@media (prefers-color-scheme: dark) {
  body { color: #e3e8f0; background: #12161d; } th { color: #9aa7bd; } th, td { border-color: #2a3240; }
}`;

/** Nothing but the page's own style sheet may load. */
export const STATUS_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function renderStatusPage(fields: HeartbeatFields): string {
  const unit = (value: string | number | null, suffix: string): string =>
    value === null ? 'unknown' : `${value} ${suffix}`.trim();
  const rows: readonly (readonly [string, string])[] = [
    ['State', fields.reason === null ? fields.state : `${fields.state} (${fields.reason})`],
    ['Session', unit(fields.session_id, '')],
    ['Symbol', unit(fields.symbol, '')],
    ['Elapsed', unit(fields.elapsed, 's')],
    ['Remaining', fields.remaining === null ? 'no end' : `${fields.remaining} s`],
    ['Equity', unit(fields.equity, 'USDT')],
    ['Wallet balance', unit(fields.wallet_balance, 'USDT')],
    ['Unrealized pnl', unit(fields.unrealized_pnl, 'USDT')],
    ['Position', unit(fields.position, '')],
    ['Open orders', unit(fields.open_orders, '')],
    ['Events', unit(fields.events, '')],
    ['Errors', unit(fields.errors, '')],
    ['Memory', unit(fields.ram_mb, 'MiB')],
    ['CPU', unit(fields.cpu_percent, '%')],
    ['Event loop delay', unit(fields.event_loop_lag_ms, 'ms')],
    ['Clock offset of the venue', unit(fields.clock_offset_ms, 'ms')],
    ...Object.entries(fields.feeds).map(
      ([name, feed]) =>
        [`Feed ${name}`, `${feed.state}, newest message ${unit(feed.age_ms, 'ms')} old`] as const,
    ),
    ['As of', fields.ts],
  ];
  const body = rows
    .map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`)
    .join('\n');
  const title = escapeHtml(`${fields.symbol ?? 'laptop-agents'}: ${fields.state}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>laptop-agents</h1>
<table>
${body}
</table>
<p>The dashboard is not built: <code>npm run build:web</code> in the program's folder builds it. <a href="/docs">The interface for programs.</a></p>
</body>
</html>
`;
}
