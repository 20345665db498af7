/** The simulated venue in a process of its own, with its control side: what it did, and what shall go wrong. */

import { z } from 'zod';
import { type Program, startProgram, waitFor } from './program.ts';

const START_LIMIT_MS = 60_000;

const stateShape = z.looseObject({
  venue_time_ms: z.int(),
  sockets: z.record(z.string(), z.int()),
  missing_bars: z.array(z.looseObject({ from_ms: z.int(), to_ms: z.int() })),
});
type VenueState = z.output<typeof stateShape>;

export interface FaultyVenue {
  readonly program: Program;
  /** Points a session at the venue. */
  readonly env: Readonly<Record<string, string>>;
  /** Switches these faults on; `at` counts from now. */
  addFaults(...faults: readonly object[]): Promise<void>;
  clearFaults(): Promise<void>;
  state(): Promise<VenueState>;
}

/** Starts `la venue --control` with these further options. */
export function startFaultyVenue(...options: readonly string[]): Promise<FaultyVenue> {
  return startFaultyVenueIn({}, ...options);
}

/** The same in an environment of its own, which {@link FaultyVenue.env} does not repeat. */
export async function startFaultyVenueIn(
  env: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<FaultyVenue> {
  const program = startProgram(['venue', '--port', '0', '--seed', '9', '--control', ...options], { env });
  const [restUrl, wsUrl, controlUrl] = await waitFor(program, 'address of the venue', START_LIMIT_MS, () => {
    const [, ...urls] =
      /^BITUNIX_REST_URL=(\S+)\nBITUNIX_WS_URL=(\S+)\nCONTROL_URL=(\S+)\n$/.exec(program.stdout()) ?? [];
    return urls.length === 3 ? (urls as [string, string, string]) : null;
  });
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const reply = await fetch(`${controlUrl}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    program,
    env: { BITUNIX_REST_URL: restUrl, BITUNIX_WS_URL: wsUrl },
    addFaults: async (...faults) => void (await ask('POST', 'faults', { faults })),
    clearFaults: async () => void (await ask('DELETE', 'faults')),
    state: async () => stateShape.parse(await ask('GET', 'state')),
  };
}

/** Arguments of a session that finds the venue by its address. */
export function sessionAt(workspace: string, ...options: readonly string[]): string[] {
  return ['run', '--source', 'bitunix', '--dashboard', 'off', '--workspace', workspace, ...options];
}
