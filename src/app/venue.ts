/** `la venue`: the simulated venue as a server of its own, for any client that speaks Bitunix. */

import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { type FaultSpec, FaultSpecError, parseFaults } from '../venues/simulated/faults/fault-spec.ts';
import { DataFileError } from '../venues/simulated/recorded/data-file.ts';
import { KNOWN_INSTRUMENTS, type SyntheticInstrument } from '../venues/simulated/known-instruments.ts';
import type { MarketSource } from '../venues/simulated/market-source.ts';
import { openRecordedMarket } from '../venues/simulated/recorded-market.ts';
import { startSimulatedVenue, VenueStartError } from '../venues/simulated/simulated-venue.ts';
import { createSyntheticMarket } from '../venues/simulated/synthetic-market.ts';
import { ConfigError, showValue } from './config/config-error.ts';
import { printJson, type ProgramIo } from './program-io.ts';

const SEED_BOUND = 2 ** 32;

export interface VenueSettings {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly market: { readonly kind: 'synthetic' } | { readonly kind: 'recording'; readonly path: string };
  /** Listed contracts; empty = the usual ones. */
  readonly symbols: readonly string[];
  /** null = draw one. */
  readonly seed: number | null;
  /** Time between a push and its delivery, and before a REST answer, ms; null = the venue's defaults. */
  readonly delayMs: number | null;
  /** First instant of the venue's clock, UTC ms; null = the machine's own time. */
  readonly startMs: number | null;
  /** File of the faults that happen by themselves; null = none. */
  readonly faultPlan: string | null;
  /** Whether this machine may ask for faults while it runs. */
  readonly hasControl: boolean;
}

/**
 * Serves until `stopped` resolves. Returns the exit code: 0, or 1 where the port cannot be had. Throws ConfigError for a
 * market that cannot be made as wished.
 */
export async function runVenue(
  settings: VenueSettings,
  stopped: Promise<void>,
  io: ProgramIo,
): Promise<number> {
  const seed = settings.seed ?? randomInt(SEED_BOUND);
  const clock = startClock(settings.startMs);
  const faults = settings.faultPlan === null ? [] : await readFaultPlan(settings.faultPlan);
  const market = await createMarket(settings, seed, clock.nowMs());
  try {
    const venue = await startSimulatedVenue({
      market,
      clock,
      host: settings.host,
      port: settings.port,
      faults,
      hasControl: settings.hasControl,
      knobs: {
        seed,
        ...(settings.delayMs === null
          ? {}
          : { deliveryDelayMs: settings.delayMs, restDelayMs: settings.delayMs }),
      },
    });
    const symbols = market.instruments.map(({ spec }) => spec.symbol);
    if (io.json)
      printJson(io, {
        rest_url: venue.restUrl,
        ws_url: venue.wsUrl,
        control_url: venue.controlUrl,
        port: venue.port,
        seed,
        symbols,
        notes: market.notes,
      });
    else {
      for (const note of market.notes) io.stderr.write(`${note}\n`);
      io.stderr.write(`Simulated venue with ${symbols.join(', ')}. Give its clients:\n`);
      io.stdout.write(`BITUNIX_REST_URL=${venue.restUrl}\nBITUNIX_WS_URL=${venue.wsUrl}\n`);
      if (venue.controlUrl !== null) io.stdout.write(`CONTROL_URL=${venue.controlUrl}\n`);
    }
    await stopped;
    await venue.close();
    return 0;
  } catch (error) {
    if (!(error instanceof VenueStartError)) throw error;
    io.stderr.write(`The simulated venue cannot start: ${error.message}.\n`);
    return 1;
  }
}

/** Resolves at the first SIGINT or SIGTERM. */
export async function untilInterrupted(): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  try {
    await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  } finally {
    controller.abort();
  }
}

/** The machine's clock, or one of its own that runs on from an instant. */
function startClock(startMs: number | null): { nowMs(): number } {
  if (startMs === null) return { nowMs: () => Date.now() };
  const beganMs = performance.now();
  return { nowMs: () => Math.floor(startMs + performance.now() - beganMs) };
}

async function readFaultPlan(path: string): Promise<FaultSpec[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  try {
    return parseFaults(text);
  } catch (error) {
    if (!(error instanceof FaultSpecError)) throw error;
    throw new ConfigError(error.findings.map((finding) => `${path}: ${finding}`));
  }
}

async function createMarket(settings: VenueSettings, seed: number, nowMs: number): Promise<MarketSource> {
  const { market, symbols } = settings;
  if (market.kind === 'synthetic') {
    const instruments = symbols.map(knownInstrument);
    return createSyntheticMarket({
      seed,
      startMs: nowMs,
      ...(instruments.length === 0 ? {} : { instruments }),
    });
  }
  const [symbol] = symbols;
  try {
    return await openRecordedMarket({
      path: market.path,
      shift: (recordedStartMs) => nowMs - recordedStartMs,
      seed,
      ...(symbol === undefined ? {} : { symbol }),
    });
  } catch (error) {
    if (error instanceof DataFileError) throw new ConfigError([error.message]);
    throw error;
  }
}

function knownInstrument(symbol: string): SyntheticInstrument {
  const instrument = Object.hasOwn(KNOWN_INSTRUMENTS, symbol) ? KNOWN_INSTRUMENTS[symbol] : undefined;
  if (instrument !== undefined) return instrument;
  throw new ConfigError([
    `--symbol: expected one of ${Object.keys(KNOWN_INSTRUMENTS).join(', ')}, found ${showValue(symbol)}`,
  ]);
}
