/**
 * A second client of the venue, in a thread of its own, that measures how late klines come where nothing but them is read:
 * what the venue and the machine take, whatever a session does beside it.
 *
 * It shares no code with the program. Run as a thread, this file is the client; imported, it starts that.
 */

import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

const PING_MS = 10_000;
const CHANNEL = 'market_kline_1min';

interface Place {
  readonly wsUrl: string;
  readonly symbol: string;
}

export interface KlineWitness {
  /** From the venue's stamp to this machine's clock, ms, of each frame since the last {@link KlineWitness.begin}. */
  readonly latenciesMs: readonly number[];
  begin(): void;
  close(): Promise<unknown>;
}

export function watchKlines(place: Place): KlineWitness {
  const latenciesMs: number[] = [];
  const thread = new Worker(new URL(import.meta.url), { workerData: place });
  thread.on('message', (latencyMs: number) => latenciesMs.push(latencyMs));
  return { latenciesMs, begin: () => void latenciesMs.splice(0), close: () => thread.terminate() };
}

function follow({ wsUrl, symbol }: Place): void {
  const socket = new WebSocket(wsUrl);
  const ping = (): void => socket.send(JSON.stringify({ op: 'ping', ping: Math.floor(Date.now() / 1_000) }));
  socket.on('open', () => {
    ping();
    setInterval(ping, PING_MS);
    socket.send(JSON.stringify({ op: 'subscribe', args: [{ symbol, ch: CHANNEL }] }));
  });
  socket.on('message', (bytes) => {
    const { ch, ts } = JSON.parse((bytes as Buffer).toString()) as { ch?: string; ts?: number };
    if (ch === CHANNEL && ts !== undefined) parentPort?.postMessage(Date.now() - ts);
  });
}

if (!isMainThread && parentPort !== null) follow(workerData as Place);
