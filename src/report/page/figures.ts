/**
 * Numbers and tables of the page. Every figure of final_report.json carries its exact value and its name beside the text
 * that people read, so that a program can hold the page against the document.
 */

import { parseMoney } from '../../core/domain/instrument.ts';
import { MONEY_DECIMALS } from '../../core/domain/units.ts';
import { UNKNOWN_TEXT, displayCount, displayMoney } from '../display-text.ts';
import { type HtmlText, html } from '../html-text.ts';

/** Decimals that are always shown of an exact amount; what follows them stands back. */
const PLAIN_DECIMALS = 2;

/** A figure of the report as `shown`, with its exact value; `name` as in final_report.json, `band.realistic` for a nested one. */
export function figure(name: string, value: string | number | null, shown: string | HtmlText): HtmlText {
  return html`<data data-field="${name}" value="${value ?? ''}">${shown}</data>`;
}

/** As {@link figure}, coloured by the sign of the amount. */
export function signedFigure(name: string, amount: string | null, shown: string): HtmlText {
  return html`<data class="${tone(amount)}" data-field="${name}" value="${amount ?? ''}">${shown}</data>`;
}

/** `good` above zero, `bad` below. */
export function tone(amount: string | null): string {
  if (amount === null) return '';
  const value = parseMoney(amount);
  return value === 0n ? '' : value < 0n ? 'bad' : 'good';
}

/**
 * An amount to its last digit, so that what is added up on the page adds up to the eye too. `decimals`: how many the
 * column has, from {@link decimalsOf}.
 */
export function exactAmount(amount: string | null, decimals: number): HtmlText {
  if (amount === null) return html`${UNKNOWN_TEXT}`;
  const text = displayMoney(amount, decimals);
  const cut = text.length - (decimals - PLAIN_DECIMALS);
  return html`${text.slice(0, cut)}<span class="fine">${text.slice(cut)}</span>`;
}

/** Decimals that a column of amounts needs to show each of them exactly; at least two. */
export function decimalsOf(amounts: readonly (string | null)[]): number {
  const lengths = amounts.map((amount) => amount?.split('.')[1]?.length ?? 0);
  return Math.min(MONEY_DECIMALS, Math.max(PLAIN_DECIMALS, ...lengths));
}

export interface Column {
  readonly head: string;
  /** Right-aligned. */
  readonly isNumber?: boolean;
  /** Prose: broken into lines where the page is narrow. */
  readonly isProse?: boolean;
}

export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | HtmlText)[])[],
): HtmlText {
  const head = ({ head: text, isNumber }: Column): HtmlText =>
    isNumber === true ? html`<th scope="col" class="n">${text}</th>` : html`<th scope="col">${text}</th>`;
  const cell = (content: string | HtmlText, place: number): HtmlText => {
    const { isNumber, isProse } = columns[place] ?? {};
    const className = isNumber === true ? 'n' : isProse === true ? 'prose' : null;
    return className === null ? html`<td>${content}</td>` : html`<td class="${className}">${content}</td>`;
  };
  return html`<div class="scroll" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map(head)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Says what a list leaves out; nothing where it is whole. */
export function omitted(count: number, shown: number, what: string): HtmlText {
  return count <= shown
    ? html``
    : html`<p class="note">The last ${displayCount(shown)} of ${displayCount(count)} ${what}.</p>`;
}

export function section(id: string, title: string, body: readonly HtmlText[]): HtmlText {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    <div class="body">${body}</div>
  </section>`;
}
