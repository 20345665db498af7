/**
 * What an interrupted session hears before its market is live again: that the program was away, the settlements and the
 * minutes of that time, which bars closed, and a new length of the session where one was asked for.
 */

import { intervalMs } from '../core/base/time.ts';
import type { Outage } from '../core/domain/commands.ts';
import { type BarFields, FLAG_HISTORY } from '../core/domain/event-block.ts';
import type { Instrument } from '../core/domain/instrument.ts';
import type { EventInlet } from '../ports/event-inlet.ts';
import type { Logger } from '../ports/logger.ts';
import { VenueError } from '../ports/venue-error.ts';
import type { BitunixVenue } from '../venues/bitunix/bitunix-source.ts';
import type { RestClient } from '../venues/bitunix/rest-client.ts';
import type { Settings } from './config/settings.ts';
import { MissedMinutes } from './missed-minutes.ts';
import type { RecoveredSession } from './recover-session.ts';

export interface CatchUpFacts {
  readonly settings: Pick<Settings, 'interval' | 'durationMs' | 'effective'>;
  readonly recovered: Pick<RecoveredSession, 'tail' | 'engine'>;
  readonly instruments: readonly Instrument[];
  readonly client: Pick<BitunixVenue, 'history'> & {
    readonly rest: Pick<RestClient, 'bars' | 'markBars' | 'fundingHistory'>;
    readonly clock: { nowMs(): number };
  };
  readonly logger: Logger;
  /** Bars that the session keeps behind it at least. */
  readonly historyBars: number;
}

/** Asks the venue for what was missed; returns what writes it as events. Throws VenueError where no bars can be had. */
export async function catchUp(facts: CatchUpFacts): Promise<(inlet: EventInlet) => void> {
  const { settings, recovered, instruments, client, logger, historyBars } = facts;
  const fromMs = recovered.tail.timeMs;
  const missedBars = Math.ceil(Math.max(0, client.clock.nowMs() - fromMs) / intervalMs(settings.interval));
  const histories = await Promise.all(
    instruments.map((instrument) => client.history(instrument, settings.interval, historyBars + missedBars)),
  );
  const settlements = (
    await Promise.all(instruments.map((instrument) => missedSettlements(facts, instrument, fromMs)))
  ).flat();
  const minutes = await MissedMinutes.fetch(client.rest, instruments, fromMs, client.clock.nowMs(), logger);
  return (inlet) => {
    const toMs = inlet.nowMs();
    const outage: Outage = {
      type: 'outage',
      fromMs,
      toMs,
      detail: `the program did not run; ${minutes.known} of ${minutes.count} whole minutes were played through by their bars`,
      backfilled: minutes.count > 0 && minutes.known === minutes.count,
      settlements: settlements.filter(({ atMs }) => atMs <= toMs),
    };
    // At the time of the last event, so that what was under way then still meets its market.
    inlet.open(1).appendCommand(fromMs, outage);
    minutes.write(inlet);
    inlet.open(1).appendTimeAdvanced(toMs);
    for (const [index, bars] of histories.entries()) {
      for (const bar of bars) inlet.open(1).appendBar(index, toMs, bar, FLAG_HISTORY);
      tellGap(logger, instruments[index]?.symbol ?? '', bars, fromMs, settings);
    }
    const { durationMs, effective } = settings;
    const { plannedEndMs, startedTimeMs } = recovered.engine.status();
    const lengthMs = plannedEndMs === null ? null : plannedEndMs - startedTimeMs;
    // One that was recorded counts no more than what was set after it.
    if (effective['duration']?.origin.kind !== 'session' && durationMs !== lengthMs) {
      inlet.open(1).appendCommand(toMs, { type: 'set_duration', durationMs });
    }
    logger.log('warning', 'session_resumed', `Continuing after ${Math.round((toMs - fromMs) / 1_000)} s`, {
      from: fromMs,
      to: toMs,
      events: recovered.tail.nextSequence,
    });
  };
}

/** Where the venue cannot say, the one that was known before counts. */
async function missedSettlements(
  { client, logger }: CatchUpFacts,
  { index, symbol }: Instrument,
  sinceMs: number,
): Promise<Outage['settlements']> {
  try {
    const rows = await client.rest.fundingHistory(symbol, sinceMs);
    return rows.map(({ settlementMs }) => ({ instrument: index, atMs: settlementMs }));
  } catch (error) {
    if (!(error instanceof VenueError) || error.errorClass === 'fatal') throw error;
    logger.log('warning', 'funding_poll_failed', error.message, { symbol });
    return [];
  }
}

function tellGap(
  logger: Logger,
  symbol: string,
  bars: readonly BarFields[],
  fromMs: number,
  { interval }: CatchUpFacts['settings'],
): void {
  const lengthMs = intervalMs(interval);
  const missed = bars.filter(({ openTimeMs }) => openTimeMs + lengthMs > fromMs);
  const [first] = missed;
  const last = missed.at(-1);
  if (first === undefined || last === undefined) return;
  logger.log('warning', 'gap_detected', 'Gap detected!', {
    symbol,
    from: first.openTimeMs,
    to: last.openTimeMs + lengthMs,
    missing: missed.length,
  });
}
