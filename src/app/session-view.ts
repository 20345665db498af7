/** What the heartbeat and the report ask of a running session, whatever phase it is in. */

import { type Instrument, formatPrice, formatQuantity } from '../core/domain/instrument.ts';
import type { Ticks } from '../core/domain/units.ts';
import type { EngineStatus } from '../core/engine/engine-state.ts';
import type { FeedHealth, HeldPosition, MarginHealth } from '../ports/heartbeat-fields.ts';
import type { BitunixVenue } from '../venues/bitunix/bitunix-source.ts';
import { describePositions } from './held-positions.ts';
import { describeMargin } from './margin-health.ts';

/** null = not known (yet). */
export interface SessionView {
  readonly status: EngineStatus | null;
  readonly symbol: string;
  readonly position: string | null;
  readonly symbols: readonly string[];
  readonly positions: readonly HeldPosition[] | null;
  readonly price: string | null;
  readonly margin: MarginHealth | null;
  readonly offsetMs: number | null;
  readonly roundTripMs: number | null;
  readonly feeds: Readonly<Record<string, FeedHealth>>;
}

export function viewSession(
  status: EngineStatus | null,
  symbols: readonly string[],
  instruments: readonly Instrument[],
  client: Pick<BitunixVenue, 'clock' | 'feeds'> | null,
): SessionView {
  const instrument = instruments[0];
  const feeds = Object.entries(client?.feeds() ?? {});
  return {
    status,
    symbol: symbols[0] ?? '',
    position:
      status === null || instrument === undefined ? null : formatQuantity(instrument, status.position),
    price:
      status === null || instrument === undefined || status.bestBid === null
        ? null
        : formatPrice(instrument, status.bestBid as Ticks),
    symbols,
    positions: status === null ? null : describePositions(status.positions, instruments),
    margin: describeMargin(status?.margin ?? null, instruments),
    offsetMs: client?.clock.offsetMs ?? null,
    roundTripMs: client?.clock.roundTripMs ?? null,
    feeds: Object.fromEntries(
      feeds.map(([name, { state, ageMs, reconnects, gaps }]) => [
        name,
        { state, age_ms: ageMs, reconnects, gaps },
      ]),
    ),
  };
}
