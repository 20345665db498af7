/**
 * A second client of the venue that writes down every public trade it is told of, to be held against a session's log.
 *
 * It shares no code with the program. Limit: it must itself stay connected; a cut shows in {@link TradeWitness.isWhole}.
 */

import { WebSocket } from 'ws';

const PING_MS = 10_000;

export interface TradeWitness {
  /** `side price quantity` of each trade, in the order they were sent. */
  readonly trades: readonly string[];
  readonly isWhole: () => boolean;
  close(): void;
}

/** Resolves once the first trades came. */
export async function watchTrades(wsUrl: string, symbol: string): Promise<TradeWitness> {
  const trades: string[] = [];
  const socket = new WebSocket(wsUrl);
  let isWhole = true;
  let isClosing = false;
  const ping = (): void => socket.send(JSON.stringify({ op: 'ping', ping: Math.floor(Date.now() / 1_000) }));
  const timer = setInterval(ping, PING_MS);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => {
      clearInterval(timer);
      if (!isClosing) isWhole = false;
    });
    socket.on('open', () => {
      ping();
      socket.send(JSON.stringify({ op: 'subscribe', args: [{ symbol, ch: 'trade' }] }));
    });
    socket.on('message', (bytes) => {
      const frame = JSON.parse((bytes as Buffer).toString()) as {
        ch?: string;
        data?: { s: string; p: string; v: string }[];
      };
      if (frame.ch !== 'trade') return;
      for (const { s, p, v } of frame.data ?? []) trades.push(`${s} ${p} ${v}`);
      resolve();
    });
  });
  return {
    trades,
    isWhole: () => isWhole,
    close() {
      isClosing = true;
      socket.terminate();
    },
  };
}

/** Whether `part` stands in `whole` in one piece. */
export function isSlice(part: readonly string[], whole: readonly string[]): boolean {
  return `\n${whole.join('\n')}\n`.includes(`\n${part.join('\n')}\n`);
}
