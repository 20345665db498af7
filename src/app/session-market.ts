/** Opens the market of a session: the venue's client, and before it the simulated venue where the source asks for one. */

import { SeededRandom } from '../core/base/random.ts';
import { HOUR_MS, MINUTE_MS } from '../core/base/time.ts';
import type { Logger } from '../ports/logger.ts';
import type { WallClock } from '../ports/wall-clock.ts';
import { type BitunixVenue, openBitunixVenue } from '../venues/bitunix/bitunix-source.ts';
import type { MarketSource } from '../venues/simulated/market-source.ts';
import { DataFileError } from '../venues/simulated/recorded/data-file.ts';
import { openRecordedMarket } from '../venues/simulated/recorded-market.ts';
import { type SimulatedVenue, startSimulatedVenue } from '../venues/simulated/simulated-venue.ts';
import { KNOWN_INSTRUMENTS } from '../venues/simulated/known-instruments.ts';
import { createSyntheticMarket } from '../venues/simulated/synthetic-market.ts';
import type { Settings } from './config/settings.ts';
import type { OpenedSession } from './open-session.ts';
import { SessionEndError } from './session-end-error.ts';

/** A recording's last stretch is kept for closing what is open. */
const CLOSING_STRETCH_MS = 1_500;
/** A synthetic market is run on through an interruption of at most this; after a longer one it is another market. */
const CATCH_UP_LIMIT_MS = 24 * HOUR_MS;
/** Market time between two breaths of the program. */
const CATCH_UP_STEP_MS = MINUTE_MS;

export interface SessionMarket {
  readonly client: BitunixVenue;
  /** Contracts of the session: as set, or what a recording holds where nothing was set. */
  readonly symbols: readonly string[];
  /** How the source is named in manifests and reports. */
  readonly label: string;
  /** What the market says of itself: what is made up, what is missing. */
  readonly notes: readonly string[];
  /** Ms from now until the market ends; null for one without an end. */
  endsAfterMs(): number | null;
  close(): Promise<void>;
}

/** Throws SessionEndError for a recording that cannot be read, VenueStartError where nothing can listen. */
export async function openSessionMarket(
  settings: Settings,
  opened: Pick<OpenedSession, 'seed' | 'manifest' | 'recovered'>,
  clock: WallClock,
  logger: Logger,
): Promise<SessionMarket> {
  const { seed } = opened;
  const embedded = settings.source.kind === 'bitunix' ? null : await startEmbedded(settings, opened, clock);
  const random = new SeededRandom(seed);
  const client = openBitunixVenue({
    restUrl: embedded?.venue.restUrl ?? settings.restUrl,
    wsUrl: embedded?.venue.wsUrl ?? settings.wsUrl,
    logger,
    clock,
    random: () => random.nextFloat(),
    fullBookIntervalMs: settings.fillModel === 'book' ? settings.fullBookIntervalMs : null,
  });
  return {
    client,
    symbols: embedded === null ? settings.symbols : tradedSymbols(settings, embedded.market),
    label: settings.source.kind === 'recording' ? `recording:${settings.source.path}` : settings.source.kind,
    notes: embedded?.market.notes ?? [],
    endsAfterMs() {
      const durationMs = embedded?.market.durationMs ?? null;
      if (embedded === null || durationMs === null) return null;
      const endMs = embedded.market.startMs + durationMs - CLOSING_STRETCH_MS;
      return Math.max(0, endMs - embedded.venueNowMs());
    },
    async close() {
      await client.stop();
      await embedded?.venue.close();
    },
  };
}

/** A recording holds one contract: a symbol that nobody chose gives way to it. */
function tradedSymbols(settings: Settings, market: MarketSource): readonly string[] {
  const isChosen = settings.effective['symbols']?.origin.kind !== 'default';
  if (settings.source.kind !== 'recording' || isChosen) return settings.symbols;
  return market.instruments.map(({ spec }) => spec.symbol);
}

interface EmbeddedVenue {
  readonly venue: SimulatedVenue;
  readonly market: MarketSource;
  venueNowMs(): number;
}

/**
 * The simulated venue keeps its own time: a synthetic market lives now, a recorded one at the time it was recorded, so
 * that everything a session reports of it can be held against the recording. While a session was interrupted its market
 * ran on, as a real one would have.
 */
async function startEmbedded(
  settings: Settings,
  { seed, manifest, recovered }: Pick<OpenedSession, 'seed' | 'manifest' | 'recovered'>,
  clock: WallClock,
): Promise<EmbeddedVenue> {
  const originMs = Date.parse(manifest.local_started_at);
  const isRecording = settings.source.kind === 'recording';
  const isTooFar = !isRecording && clock.nowMs() - originMs > CATCH_UP_LIMIT_MS;
  const market = await openMarket(settings, seed, isTooFar ? clock.nowMs() : originMs);
  const passedMs = Math.max(0, clock.nowMs() - originMs);
  const firstMs = market.startMs + (isTooFar || (isRecording && recovered === null) ? 0 : passedMs);
  for (let timeMs = market.startMs; timeMs < firstMs; timeMs += CATCH_UP_STEP_MS) {
    market.advance(timeMs);
    await new Promise(setImmediate);
  }
  const originMonotonicMs = clock.monotonicMs();
  const venueNowMs = (): number => Math.floor(firstMs + clock.monotonicMs() - originMonotonicMs);
  const venue = await startSimulatedVenue({ market, clock: { nowMs: venueNowMs }, knobs: { seed } });
  return { venue, market, venueNowMs };
}

async function openMarket(settings: Settings, seed: number, startMs: number): Promise<MarketSource> {
  const { source, symbols } = settings;
  if (source.kind !== 'recording') {
    // A symbol the venue does not list is refused by the venue itself, as the real one does.
    const instruments = symbols.flatMap((symbol) => KNOWN_INSTRUMENTS[symbol] ?? []);
    return createSyntheticMarket({ seed, startMs, ...(instruments.length === 0 ? {} : { instruments }) });
  }
  try {
    return await openRecordedMarket({ path: source.path, shift: 'recorded', seed });
  } catch (error) {
    if (error instanceof DataFileError) throw new SessionEndError('config_invalid', error.message, error);
    throw error;
  }
}
