/** `la config reference`: docs/configuration.md, made from the schemas of the settings. */

import { z } from 'zod';
import { ALERT_SECRET_VARIABLES } from './config/alert-settings.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey } from './config/setting-schemas.ts';
import { SETTING_PURPOSES } from './config/setting-purposes.ts';

const HEAD = `# Configuration

Made by \`npm run docs\` from the schemas that check the settings; do not edit it by hand.

Precedence: flag, then variable, then \`laptop-agents.yaml\` (in the workspace, or \`--config FILE\`), then default. \`la config show\`
prints what takes effect and why, \`la init\` writes a file with every default. Unknown keys, variables that look like settings and
values out of range are refused with their place, exit 2; any other \`LA_\` variable that nothing reads is told on stderr.

A key \`a.b\` is \`b\` below \`a:\` in the file, and the variable \`LA_A_B\`. A bare number of a span is in the unit that the value names.
`;

const VARIABLES = `## Variables that are no settings

- \`BITUNIX_REST_URL\`, \`BITUNIX_WS_URL\`: the venue’s endpoints; https and wss, plain only on loopback.
- \`LA_KILL_SWITCH\`: \`TRUE\` ends a session within 2 s and refuses to start one (exit 99).
${ALERT_SECRET_VARIABLES.map((name) => `- \`${name}\`: a secret; [alerts.md](alerts.md).`).join('\n')}
- \`LA_TEST_CRASH\`: for tests; \`startup\`, \`running\` or \`shutdown\` crashes there.
`;

/** Markdown, as the project's formatter would leave it. */
export function describeConfiguration(): string {
  const lines = [HEAD];
  let section: string | null = null;
  for (const key of SETTING_KEYS) {
    const own = key.includes('.') ? key.slice(0, key.indexOf('.')) : '';
    if (own !== section) lines.push(`${section === null ? '' : '\n'}## ${own === '' ? 'Session' : own}\n`);
    section = own;
    lines.push(describeSetting(key));
  }
  return `${lines.join('\n')}\n\n${VARIABLES}`;
}

function describeSetting(key: SettingKey): string {
  const { schema, expected, initial, flag } = SETTINGS[key];
  const facts = [
    initial === null ? 'not set by default' : `default \`${JSON.stringify(initial)}\``,
    ...(flag === null ? [] : [`flag \`${flag}\``]),
  ];
  const value = `${expected} (${describeType(schema)})`;
  return `- **\`${key}\`** (${facts.join(', ')}): ${SETTING_PURPOSES[key]} _Value:_ ${value}.`;
}

/** The types of a file's value, as the schema itself has them. */
function describeType(schema: z.ZodType): string {
  const document = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return [...new Set(listTypes(document))].join(' or ');
}

function listTypes(node: z.core.JSONSchema._JSONSchema): string[] {
  if (typeof node === 'boolean') return [];
  const parts = node.anyOf ?? node.oneOf;
  if (parts !== undefined) return parts.flatMap(listTypes);
  const types = Array.isArray(node.type) ? node.type : [node.type];
  return types.flatMap((type) => (typeof type === 'string' ? [type] : []));
}
