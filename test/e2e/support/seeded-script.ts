/** Some hundred orders of every kind for the scripted strategy, drawn from a seed: fewer than ten a second. */

const DURATION_MS = 56_000;
/** Mean time between draws: with the pairs, about six orders a second. */
const GAP_MEAN_MS = 190;
const FLATTEN_EVERY_MS = 9_000;

/** Draws the actions of a session of a minute. The same seed gives the same list. */
export function drawActions(seed: number): object[] {
  const draw = mulberry32(seed);
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(draw() * choices.length)] as T;
  const actions: object[] = [];
  let flattenMs = FLATTEN_EVERY_MS;
  for (let timeMs = 300, id = 1; timeMs < DURATION_MS; timeMs += GAP_MEAN_MS * (0.75 + draw() / 2), id++) {
    const at = `${Math.round(timeMs)}ms`;
    if (timeMs > flattenMs) {
      actions.push({ at, action: 'flatten' });
      flattenMs += FLATTEN_EVERY_MS;
      continue;
    }
    const base = {
      at,
      action: 'submit',
      id: `o${id}`,
      side: pick('buy', 'sell'),
      quantity: drawQuantity(draw),
    };
    const kind = draw();
    if (kind < 0.25) {
      actions.push({ ...base, type: 'market', reduce_only: draw() < 0.3 });
      // A second order within the same push, for the same displayed size.
      if (draw() < 0.3) actions.push({ ...base, id: `o${id}b`, type: 'market' });
    } else if (kind < 0.28) {
      // Too late: it would take.
      const crossing = { price_offset_bps: -drawOffset(draw, 5) - 0.5, time_in_force: 'post_only' };
      actions.push({ ...base, type: 'limit', ...crossing });
    } else if (kind < 0.48) {
      const crossing = { price_offset_bps: -drawOffset(draw, 5), time_in_force: pick('ioc', 'fok') };
      actions.push({ ...base, type: 'limit', ...crossing });
    } else {
      const offset = draw() < 0.6 ? pick(0, 0, 0.04, 0.1, -0.005) : drawOffset(draw, 20);
      const resting = { price_offset_bps: offset, time_in_force: pick('gtc', 'gtc', 'post_only') };
      actions.push({ ...base, type: 'limit', ...resting, reduce_only: draw() < 0.1 });
      // Some stay until the next flatten.
      const lifeMs = 500 + draw() * 12_000;
      if (draw() < 0.7)
        actions.push({ at: `${Math.round(timeMs + lifeMs)}ms`, action: 'cancel', id: base.id });
    }
  }
  return actions;
}

/** Mostly small, now and then beyond what the best price shows; thousandths. */
function drawQuantity(draw: () => number): string {
  return Math.max(0.001, 0.002 * 10 ** (draw() * 3.4)).toFixed(3);
}

/** Up to `most` basis points, small ones more often. */
function drawOffset(draw: () => number, most: number): number {
  return Math.round(draw() ** 3 * most * 100) / 100;
}

/** A small generator of uniform numbers in [0, 1). Source: Tommy Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
