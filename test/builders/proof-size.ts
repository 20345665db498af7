/**
 * How much of a proof by many random cases is run: all of it in CI, a fifth at a desk, ten times as much with LA_LONG=1.
 */

export const PROOF_SIZE = process.env['LA_LONG'] === '1' ? 10 : process.env['CI'] === undefined ? 0.2 : 1;

/** LA_SEED=N draws other cases; every run prints its seed. */
export const PROOF_SEED = Number(process.env['LA_SEED'] ?? 20_261_122);
