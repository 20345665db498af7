/** The files of the contracts that are played, as they are named together. */

import { ConfigError } from './config/config-error.ts';

/** The files of one contract. */
export interface MarketFiles {
  readonly data: string;
  readonly funding: string | null;
  readonly mark: string | null;
}

/** Of each contract its files, in their order: of the others none, or one for each. Throws ConfigError. */
export function pairFiles(
  data: readonly string[],
  others: { readonly funding: readonly string[]; readonly mark: readonly string[] },
): readonly MarketFiles[] {
  for (const [name, files] of Object.entries(others)) {
    if (files.length === 0 || files.length === data.length) continue;
    throw new ConfigError([
      `--${name}: expected none, or one for each --data in their order, found ${files.length} for ${data.length}`,
    ]);
  }
  return data.map((each, at) => ({
    data: each,
    funding: others.funding[at] ?? null,
    mark: others.mark[at] ?? null,
  }));
}
