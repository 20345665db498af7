/**
 * Time in which a running session had no network: asked for at the venue and played through the engine, by the rules for
 * bars, before anything trades on the new market. The same path as an absence of the program.
 */

import { MINUTE_MS, SECOND_MS } from '../core/base/time.ts';
import type { Outage } from '../core/domain/commands.ts';
import type { Instrument } from '../core/domain/instrument.ts';
import type { EventInlet } from '../ports/event-inlet.ts';
import type { Logger } from '../ports/logger.ts';
import type { RestClient } from '../venues/bitunix/rest-client.ts';
import { MissedMinutes } from './missed-minutes.ts';

/** The venue may need so long to tell a minute that has just ended. */
const FRESH_MS = 5 * SECOND_MS;
const ASK_AGAIN_MS = SECOND_MS;
const ASK_AGAIN_MAX = 2;

export interface NetworkOutageFacts {
  readonly rest: Pick<RestClient, 'bars' | 'markBars'>;
  readonly instruments: readonly Instrument[];
  readonly inlet: EventInlet;
  readonly logger: Logger;
}

/** Writes nothing once `signal` has aborted. Throws VenueError where the venue refuses us for good. */
export async function playNetworkOutage(
  facts: NetworkOutageFacts,
  fromMs: number,
  toMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { inlet, logger } = facts;
  const minutes = await fetchMinutes(facts, fromMs, toMs);
  if (signal.aborted) return;
  const nowMs = inlet.nowMs();
  const { count, known } = minutes;
  const outage: Outage = {
    type: 'outage',
    of: 'network',
    fromMs,
    toMs,
    detail: `the network was gone; ${known} of ${count} whole minutes were played through by their bars`,
    backfilled: known === count,
    settlements: [],
  };
  inlet.open(1).appendCommand(nowMs, outage);
  minutes.write(inlet, nowMs);
  // So that what is noted between its bars is noted to its end.
  inlet.open(1).appendTimeAdvanced(nowMs);
  inlet.ready();
  logger.log('warning', 'network_outage', 'The network was gone; the time is played through', {
    from: fromMs,
    to: toMs,
    minutes: count,
    known,
  });
  if (known < count)
    logger.log('warning', 'gap_detected', 'Gap detected!', {
      from: fromMs,
      to: toMs,
      missing: count - known,
    });
}

async function fetchMinutes(
  { rest, instruments, logger }: NetworkOutageFacts,
  fromMs: number,
  toMs: number,
): Promise<MissedMinutes> {
  for (let repeats = 0; ; repeats++) {
    const minutes = await MissedMinutes.fetch(rest, instruments, fromMs, toMs, logger);
    const isFresh = toMs % MINUTE_MS < FRESH_MS;
    if (minutes.known === minutes.count || !isFresh || repeats >= ASK_AGAIN_MAX) return minutes;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
