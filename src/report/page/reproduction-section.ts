/** How to get the same numbers again, what identifies the session, and final_report.json to the letter. */

import { UNKNOWN_TEXT, displayCount, displaySpan, displayTime } from '../display-text.ts';
import type { FinalReport } from '../final-report.ts';
import { type HtmlText, html } from '../html-text.ts';
import { figure, section, table } from './figures.ts';
import type { SessionIdentity } from './page-facts.ts';

/** Longer ones are told on demand. */
const PARAMS_LENGTH_MAX = 300;

export function reproductionSection(report: FinalReport, identity: SessionIdentity): HtmlText {
  const hash = (text: string | null): string => text ?? UNKNOWN_TEXT;
  const rows: (readonly [string, string | HtmlText])[] = [
    ['Session', figure('session_id', report.session_id, report.session_id)],
    ['Began', figure('started_at', report.started_at, `${displayTime(Date.parse(report.started_at))} UTC`)],
    ['Ended', figure('ended_at', report.ended_at, `${displayTime(Date.parse(report.ended_at))} UTC`)],
    ['Length', figure('duration_seconds', report.duration_seconds, displaySpan(report.duration_seconds))],
    [
      'Stopped by',
      html`${figure('stopped_reason', report.stopped_reason, report.stopped_reason)} (exit
      ${figure('exit_code', report.exit_code, displayCount(report.exit_code))})`,
    ],
    ['Seed', figure('seed', report.seed, String(report.seed))],
    ['State hash', figure('state_hash', report.state_hash, hash(report.state_hash))],
    ['Event log chain', hash(identity.logChain)],
    ['Engine', hash(identity.engineHash)],
    ['Strategy', hash(identity.strategyHash)],
    ['Configuration', hash(identity.configHash)],
    ['Strategy parameters', showParams(JSON.stringify(identity.strategyParams) ?? UNKNOWN_TEXT)],
    ['Program', `laptop-agents ${identity.programVersion} on Node ${identity.nodeVersion}`],
  ];
  return section('reproduce', 'Reproduce', [
    html`<pre>
la verify ${report.session_id}      # runs the recording again: every order, fill and amount must be the same
la report ${report.session_id} --format json</pre>`,
    html`<table class="pairs">
      <tbody>
        ${rows.map(
          ([label, value]) =>
            html`<tr>
              <th scope="row">${label}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
    everyFigure(report),
  ]);
}

/** A script of orders can be long. */
function showParams(params: string): string | HtmlText {
  if (params.length <= PARAMS_LENGTH_MAX) return params;
  return html`<details class="document">
    <summary>${displayCount(params.length)} characters</summary>
    <code>${params}</code>
  </details>`;
}

/** The document, field by field, as it is written. */
function everyFigure(report: FinalReport): HtmlText {
  const rows = flatten(report).map(([name, value]) => [
    html`<code>${name}</code>`,
    html`<code>${figure(name, value, value === null ? 'null' : String(value))}</code>`,
  ]);
  return html`<details class="document">
    <summary>Every field of final_report.json</summary>
    ${table([{ head: 'Field' }, { head: 'Value' }], rows)}
  </details>`;
}

/** Leaves of a document by their paths: `band.realistic`, `positions.0.symbol`. */
export function flatten(document: object, path = ''): (readonly [string, string | number | null])[] {
  return Object.entries(document).flatMap(([name, value]: [string, unknown]) => {
    const here = `${path}${name}`;
    if (typeof value === 'object' && value !== null) return flatten(value, `${here}.`);
    const leaf = typeof value === 'string' || typeof value === 'number' ? value : null;
    return [[here, typeof value === 'boolean' ? String(value) : leaf] as const];
  });
}
