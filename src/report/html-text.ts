/** HTML that cannot be injected into: a template whose every value is escaped unless it was made by this template. */

/** Markup made by {@link html}; nothing else makes one. */
export class HtmlText {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

type HtmlValue = string | number | HtmlText | readonly HtmlText[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template tag: values are escaped for text and for quoted attributes; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): HtmlText {
  let markup = '';
  for (const [index, part] of parts.entries()) {
    markup += part;
    const value = values[index];
    if (value !== undefined) markup += markupOf(value);
  }
  return new HtmlText(markup);
}

function markupOf(value: HtmlValue): string {
  if (value instanceof HtmlText) return value.markup;
  if (typeof value === 'object') return value.map(({ markup }) => markup).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
