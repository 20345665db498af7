/** A configuration that cannot be used: exit 2, one line for each finding. */

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config_invalid';
  readonly retryable = false;
  /** One sentence each, opening with where the value stands (`laptop-agents.yaml:3:5`, `--leverage`, `LA_LEVERAGE`). */
  readonly findings: readonly string[];

  constructor(findings: readonly string[]) {
    super(findings.join('\n'));
    this.findings = findings;
  }
}

/** Shows a refused value on one line, as JSON cut to 60 characters; an absent one as `nothing`. */
export function showValue(value: unknown): string {
  const text = value === null ? undefined : (JSON.stringify(value) as string | undefined);
  if (text === undefined) return 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
