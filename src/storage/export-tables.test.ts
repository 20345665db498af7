import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXPORT_TABLES, EXPORT_TABLE_NAMES } from './export-tables.ts';

test('docs/replay.md says the meaning of every exported column', () => {
  const text = readFileSync(new URL('../../docs/replay.md', import.meta.url), 'utf8');
  const sections = new Map(text.split('\n### ').map((section) => [section.split('\n')[0], section]));
  for (const name of EXPORT_TABLE_NAMES) {
    const section = sections.get(`\`${name}\``) ?? '';
    for (const column of EXPORT_TABLES[name].columns) {
      const row = section.split('\n').find((line) => line.startsWith(`| \`${column.name}\` `)) ?? '';
      expect(row, `${name}.${column.name}`).toContain(column.about);
      expect(row, `${name}.${column.name}`).toContain(column.type);
    }
  }
});
