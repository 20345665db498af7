/** `la venue` */

import { resolve } from 'node:path';

import { ConfigError, showValue } from '../../app/config/config-error.ts';
import { parseDelayMs, parseSymbols } from '../../app/config/setting-schemas.ts';
import type { VenueSettings } from '../../app/venue.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';

const PORT_LAST = 65_535;
const DELAY_MAXIMUM_MS = 60_000;

interface VenueOptions {
  readonly host: string;
  readonly port: string;
  readonly market: string;
  readonly symbol?: readonly string[];
  readonly seed?: string;
  readonly delay?: string;
  readonly startTime?: string;
  readonly faultPlan?: string;
  readonly control: boolean;
}

export function addVenueCommand(program: AnyCommand, context: CommandContext): void {
  program
    .command('venue')
    .description('serve the simulated Bitunix venue (REST and WebSocket) for any client')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 is any free one', '8790')
    .option('--market <market>', 'synthetic or recording:PATH', 'synthetic')
    .option(
      '--symbol <symbol>',
      'contract to list; repeatable',
      (text: string, former: readonly string[] | undefined) => [...(former ?? []), ...text.split(',')],
    )
    .option('--seed <number>', 'seed of the market (default: drawn)')
    .option('--delay <span>', 'delay of answers and pushes, such as 50ms (a bare number is milliseconds)')
    .option('--start-time <time>', "where the venue's clock starts, such as 2026-01-01T07:59:50Z")
    .option('--fault-plan <file>', 'faults that happen by themselves (JSON; times count from the start)')
    .option('--control', 'let this machine ask for faults over HTTP while it serves', false)
    .addHelpText(
      'after',
      `
Prints the two variables that point a client at it, and serves until SIGINT or SIGTERM. With --control a third one
names the control side: GET $CONTROL_URL/state, POST and DELETE $CONTROL_URL/faults.

Examples:
  la venue --seed 7
  la venue --control --start-time 2026-01-01T07:59:50Z
  la venue --market recording:data/btcusdt-20241105 --port 0
  BITUNIX_REST_URL=http://127.0.0.1:8790 BITUNIX_WS_URL=ws://127.0.0.1:8790/public/ la run

Exit codes: 0 ended by a signal, 1 the port is in use, 2 usage or a data file that cannot be read.`,
    )
    .action(async (options: VenueOptions) => {
      const settings = readVenueSettings(options);
      const { runVenue, untilInterrupted } = await import('../../app/venue.ts');
      return context.finish(runVenue(settings, untilInterrupted(), context.io()));
    });
}

function readVenueSettings(options: VenueOptions): VenueSettings {
  const findings: string[] = [];
  const find = (flag: string, expected: string, found: string): void => {
    findings.push(`${flag}: expected ${expected}, found ${showValue(found)}`);
  };
  const port = /^\d{1,5}$/.test(options.port) ? Number(options.port) : Number.NaN;
  if (!(port <= PORT_LAST)) find('--port', `a port from 0 to ${PORT_LAST}`, options.port);
  const isRecording = /^recording:./.test(options.market);
  if (!isRecording && options.market !== 'synthetic')
    find('--market', 'synthetic or recording:PATH', options.market);
  const symbols = options.symbol === undefined ? [] : parseSymbols(options.symbol);
  if (symbols === null) find('--symbol', 'symbols of 2 to 20 letters and digits', String(options.symbol));
  const seed = options.seed === undefined ? null : Number(options.seed);
  if (options.seed !== undefined && !(/^\d+$/.test(options.seed) && Number.isSafeInteger(seed))) {
    find('--seed', 'a whole number from 0 to 9007199254740991', options.seed);
  }
  const delayMs = options.delay === undefined ? null : parseDelayMs(options.delay);
  if (options.delay !== undefined && (delayMs === null || delayMs > DELAY_MAXIMUM_MS)) {
    find('--delay', 'a span of at most 60s', options.delay);
  }
  const startMs = options.startTime === undefined ? null : parseInstantMs(options.startTime);
  if (options.startTime !== undefined && startMs === null) {
    find('--start-time', 'a time in UTC such as 2026-01-01T07:59:50Z', options.startTime);
  }
  if (findings.length > 0) throw new ConfigError(findings);
  return {
    host: options.host,
    port,
    market: isRecording
      ? { kind: 'recording', path: resolve(options.market.slice('recording:'.length)) }
      : { kind: 'synthetic' },
    symbols: symbols ?? [],
    seed,
    delayMs,
    startMs,
    faultPlan: options.faultPlan === undefined ? null : resolve(options.faultPlan),
    hasControl: options.control,
  };
}

/** UTC ms of an ISO-8601 time with `Z`; null where the text is none. */
function parseInstantMs(text: string): number | null {
  const isForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text);
  const timeMs = Date.parse(text);
  return isForm && !Number.isNaN(timeMs) ? timeMs : null;
}
