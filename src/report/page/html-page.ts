/**
 * The page around a report: one file with its style inside.
 *
 * Invariants: it loads nothing and runs nothing, and its own content security policy forbids both (the style sheet is let in
 * by its hash); whatever a symbol, a strategy or an alert is called is text.
 */

import { createHash } from 'node:crypto';
import { HtmlText, html } from '../html-text.ts';
import { PAGE_STYLE } from './page-style.ts';

const STYLE_HASH = createHash('sha256').update(PAGE_STYLE).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;
/** Made by itself: a formatter's blank would change the hash. */
const STYLE = new HtmlText(`<style>${PAGE_STYLE}</style>`);

export function renderPage(title: string, content: HtmlText): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${STYLE}
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html> `.markup;
}
