/** The OpenAPI document as one page without scripts or foreign files, so that it works under any policy and offline. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { escapeHtml } from './html-escape.ts';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2430; background: #f7f8fa; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
details { border: 1px solid #d9dee6; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; background: #fff; }
summary { cursor: pointer; } summary code { font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #d9dee6; vertical-align: top; }
th { font-weight: normal; color: #56627a; } pre { overflow: auto; font-size: .85rem; }
@media (prefers-color-scheme: dark) {
  body { color: #e3e8f0; background: #12161d; } details { background: #181d26; border-color: #2a3240; }
  th { color: #9aa7bd; } th, td { border-color: #2a3240; }
}`;

/** Nothing but the page's own style sheet may load. */
export const API_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What of the document the page shows; our own generator wrote it. */
const operationSchema = z.object({
  summary: z.string().default(''),
  tags: z.array(z.string()).default([]),
  security: z.array(z.unknown()).optional(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().default(false),
        description: z.string().default(''),
        schema: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
  responses: z.record(
    z.string(),
    z.object({
      description: z.string().default(''),
      content: z.record(z.string(), z.object({ schema: z.unknown() })).optional(),
    }),
  ),
});
const documentSchema = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string().default('') }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

type Operation = z.infer<typeof operationSchema>;

export function renderApiPage(document: unknown): string {
  const { info, paths } = documentSchema.parse(document);
  const byTag = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), renderOperation(path, method, operation)]);
    }
  }
  const sections = [...byTag].map(([tag, shown]) => `<h2>${escapeHtml(tag)}</h2>\n${shown.join('\n')}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)}: HTTP interface</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(info.title)} ${escapeHtml(info.version)}: HTTP interface</h1>
<p>${escapeHtml(info.description)} The same for programs: <a href="/openapi.json">openapi.json</a>.</p>
${sections.join('\n')}
</body>
</html>
`;
}

function renderOperation(path: string, method: string, operation: Operation): string {
  const { summary, parameters, responses, security } = operation;
  const shownParameters = parameters
    .map(
      ({ name, in: place, required, description, schema }) =>
        `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(place)}${required ? ', required' : ''}</td><td>${escapeHtml(describeValue(schema))}</td><td>${escapeHtml(description)}</td></tr>`,
    )
    .join('\n');
  const shownAnswers = Object.entries(responses)
    .map(
      ([code, { description }]) => `<tr><td>${escapeHtml(code)}</td><td>${escapeHtml(description)}</td></tr>`,
    )
    .join('\n');
  const answer = Object.values(
    Object.entries(responses).find(([code]) => code < '300')?.[1].content ?? {},
  )[0];
  return `<details>
<summary><code>${escapeHtml(method.toUpperCase())} ${escapeHtml(path)}</code> ${escapeHtml(summary)}${security === undefined ? '' : ' (token)'}</summary>
${shownParameters === '' ? '' : `<table><tr><th>Parameter</th><th>In</th><th>Values</th><th></th></tr>\n${shownParameters}</table>`}
<table><tr><th>Answer</th><th></th></tr>
${shownAnswers}</table>
${answer === undefined ? '' : `<details><summary>Schema of the answer</summary><pre>${escapeHtml(JSON.stringify(answer.schema, null, 1))}</pre></details>`}
</details>`;
}

function describeValue(schema: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  const { type, enum: values, minimum, maximum, default: fallback, pattern } = schema;
  if (Array.isArray(values)) parts.push(values.join(' | '));
  else if (typeof type === 'string') parts.push(type);
  if (typeof minimum === 'number' && typeof maximum === 'number') parts.push(`${minimum} to ${maximum}`);
  if (typeof pattern === 'string') parts.push(pattern);
  if (fallback !== undefined) parts.push(`default ${JSON.stringify(fallback)}`);
  return parts.join(', ');
}
