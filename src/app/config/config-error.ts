/** A configuration that cannot be used: exit 2, one line for each finding. */

import { SecretScrubber } from '../../ports/secret-scrubber.ts';

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

/** Knows no secret, but the shapes of some. */
const SHAPES = new SecretScrubber();

/** Shows a refused value on one line, as JSON cut to 60 characters; an absent one as `nothing`. */
export function showValue(value: unknown): string {
  const text = value === null ? undefined : (JSON.stringify(value) as string | undefined);
  if (text === undefined) return 'nothing';
  // Whatever stands in the wrong place may be a secret that belongs elsewhere.
  const shown = SHAPES.scrub(text);
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}
