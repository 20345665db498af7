/**
 * The SMA cross over a file of candles, worked out by a plain loop that shares no code with the program.
 *
 * Rules, as docs/fill-model.md and docs/strategies.md tell them: decide on a close, trade at the next open, pay spread and
 * impact in whole ticks (rounded up), at most a tenth of the bar's volume, the rest at the next open; taker fee rounded up;
 * a settlement pays on what is held when the bar that ends with it is over, at the mark's open of that instant.
 * Money is BigInt of 10^-8 USDT, prices are ticks of 0.1, quantities lots of 0.0001.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const TICKS = 10;
const LOTS = 10_000;
/** Money of one lot at one tick. */
const TICK_LOT = 1_000n;
const MONEY = 100_000_000;
const FEE_PER_10000 = 6n;

export interface OracleTerms {
  readonly fast: number;
  readonly slow: number;
  readonly equityPercent: number;
  readonly balance: number;
  readonly halfSpreadBps: number;
  readonly simulatedLiquidity: number;
  readonly volumeShare: number;
}

export interface OracleTrade {
  readonly side: 'long' | 'short';
  readonly entryMs: number;
  readonly exitMs: number;
  readonly gross: bigint;
  readonly fees: bigint;
  readonly funding: bigint;
}

export interface OracleResult {
  readonly trades: readonly OracleTrade[];
  readonly fills: number;
  readonly fees: bigint;
  readonly funding: bigint;
  readonly wallet: bigint;
}

function table(file: string): string[][] {
  const text = gunzipSync(readFileSync(file)).toString('utf8').trimEnd();
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

export function smaOracle(
  files: { readonly bars: string; readonly funding: string; readonly mark: string },
  terms: OracleTerms,
): OracleResult {
  const bars = table(files.bars).map(([time, open, , , close, volume]) => ({
    openMs: Number(time),
    open: Math.round(Number(open) * TICKS),
    close: Math.round(Number(close) * TICKS),
    volume: Math.floor(Math.round(Number(volume) * 1e8) / 1e4),
  }));
  const lengthMs = (bars[1]?.openMs ?? 0) - (bars[0]?.openMs ?? 0);
  const markAt = new Map(table(files.mark).map(([time, open]) => [Number(time), open ?? '']));
  const settlements = table(files.funding).map(([time, rate]) => ({
    timeMs: Number(time),
    rate: rate ?? '',
  }));
  const book = new OracleBook(BigInt(terms.balance) * BigInt(MONEY), terms);
  let nextSettlement = 0;
  for (const [number, bar] of bars.entries()) {
    const endMs = bar.openMs + lengthMs;
    book.open(bar.open, Math.floor(bar.volume * terms.volumeShare), endMs);
    if (number >= terms.slow) {
      const mean = (length: number): number => {
        let sum = 0;
        for (let back = 0; back < length; back++) sum += bars[number - back]?.close ?? Number.NaN;
        return sum / length;
      };
      book.decide(Math.sign(mean(terms.fast) - mean(terms.slow)), bar.close);
    }
    for (;;) {
      const settlement = settlements[nextSettlement];
      if (settlement === undefined || settlement.timeMs > endMs) break;
      nextSettlement++;
      const mark = markAt.get(settlement.timeMs);
      if (settlement.timeMs > (bars[0]?.openMs ?? 0)) {
        if (mark === undefined) throw new Error(`no mark at ${settlement.timeMs}`);
        book.settle(exact(mark, 8), exact(settlement.rate, 12));
      }
    }
  }
  book.close(bars.at(-1)?.close ?? 0);
  return book.result();
}

/** Decimal text as an integer of 10^-decimals. */
function exact(text: string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(decimals, '0'));
  return text.startsWith('-') ? -value : value;
}

class OracleBook {
  readonly #terms: OracleTerms;
  readonly #trades: OracleTrade[] = [];
  #wallet: bigint;
  /** Signed lots, their signed cost. */
  #held = 0;
  #cost = 0n;
  /** Signed lots of the order that waits for an open. */
  #ordered = 0;
  #entryMs = 0;
  #gross = 0n;
  #tradeFees = 0n;
  #tradeFunding = 0n;
  #fees = 0n;
  #funding = 0n;
  #fills = 0;

  constructor(wallet: bigint, terms: OracleTerms) {
    this.#wallet = wallet;
    this.#terms = terms;
  }

  /** The order that waits trades at the open, as far as the volume allows. */
  open(open: number, room: number, endMs: number): void {
    if (this.#ordered === 0) return;
    const quantity = Math.min(Math.abs(this.#ordered), room);
    if (quantity === 0) return;
    const sign = Math.sign(this.#ordered);
    this.#ordered -= sign * quantity;
    this.#fill(sign * quantity, this.#price(open, sign, quantity), endMs);
  }

  /** Long above, short below; one order turns the position; nothing while one is under way. */
  decide(sign: number, close: number): void {
    if (sign === 0 || this.#ordered !== 0 || Math.sign(this.#held) === sign) return;
    const equity = this.#wallet + BigInt(this.#held) * BigInt(close) * TICK_LOT - this.#cost;
    const budget = (Number(equity) / MONEY) * (this.#terms.equityPercent / 100);
    const wanted = sign * Math.floor(budget / (Number(BigInt(close) * TICK_LOT) / MONEY));
    this.#ordered = wanted - this.#held;
  }

  settle(mark: bigint, rate: bigint): void {
    if (this.#held === 0) return;
    // mark 10^-8 x lots 10^-4 x rate 10^-12, to 10^-8; a payment is rounded up, a receipt down.
    const product = -BigInt(this.#held) * mark * rate;
    const scale = 10n ** 16n;
    const amount = product / scale - (product % scale < 0n ? 1n : 0n);
    this.#wallet += amount;
    this.#funding += amount;
    this.#tradeFunding += amount;
  }

  /** What is still held at the end goes at the last close. */
  close(close: number): void {
    this.#ordered = 0;
    if (this.#held === 0) return;
    const sign = -Math.sign(this.#held);
    const quantity = Math.abs(this.#held);
    this.#fill(sign * quantity, this.#price(close, sign, quantity), 0);
  }

  result(): OracleResult {
    const { fees, funding } = { fees: this.#fees, funding: this.#funding };
    return { trades: this.#trades, fills: this.#fills, fees, funding, wallet: this.#wallet };
  }

  #price(open: number, sign: number, quantity: number): number {
    const { halfSpreadBps, simulatedLiquidity } = this.#terms;
    const value = (open * quantity) / (TICKS * LOTS);
    const spread = Math.ceil((open * halfSpreadBps) / 10_000);
    const impact = Math.ceil(open * (value / simulatedLiquidity) * 0.05);
    return open + sign * (spread + impact);
  }

  #fill(signed: number, price: number, timeMs: number): void {
    this.#fills++;
    const value = BigInt(price) * BigInt(Math.abs(signed)) * TICK_LOT;
    const fee = (value * FEE_PER_10000 + 9_999n) / 10_000n;
    this.#wallet -= fee;
    this.#fees += fee;
    const isClosing = this.#held !== 0 && Math.sign(signed) !== Math.sign(this.#held);
    const closed = isClosing ? Math.min(Math.abs(signed), Math.abs(this.#held)) : 0;
    let closingFee = 0n;
    if (closed > 0) {
      const released = this.#released(closed);
      const proceeds = BigInt(Math.sign(this.#held) * closed) * BigInt(price) * TICK_LOT;
      const gain = proceeds - released;
      this.#wallet += gain;
      this.#gross += gain;
      this.#cost -= released;
      // The part of a turning fill's fee that the closed position bears: by quantity, rounded up.
      const whole = BigInt(Math.abs(signed));
      closingFee = (fee * BigInt(closed) + whole - 1n) / whole;
      this.#tradeFees += closingFee;
      this.#held += Math.sign(signed) * closed;
      if (this.#held === 0) this.#endTrade(signed > 0 ? 'short' : 'long', timeMs);
    }
    const opened = Math.abs(signed) - closed;
    if (opened > 0) {
      if (this.#held === 0) this.#entryMs = timeMs;
      this.#held += Math.sign(signed) * opened;
      this.#cost += BigInt(Math.sign(signed) * opened) * BigInt(price) * TICK_LOT;
      this.#tradeFees += fee - closingFee;
    }
  }

  /** Share of the cost that a part releases, rounded against the account. */
  #released(closed: number): bigint {
    const whole = BigInt(Math.abs(this.#held));
    const product = this.#cost * BigInt(closed);
    return product / whole + (product % whole > 0n ? 1n : 0n);
  }

  #endTrade(side: OracleTrade['side'], exitMs: number): void {
    this.#trades.push({
      ...{ side, entryMs: this.#entryMs, exitMs, gross: this.#gross },
      ...{ fees: this.#tradeFees, funding: this.#tradeFunding },
    });
    this.#gross = 0n;
    this.#tradeFees = 0n;
    this.#tradeFunding = 0n;
  }
}
