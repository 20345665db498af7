import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InstrumentMarket } from './market/instrument-market.ts';
import { instrumentSpec } from './market/instrument-spec.ts';
import { openRecordedMarket, type RecordedMarket } from './recorded-market.ts';
import { readBinanceSession } from './recorded/binance-session.ts';
import { DataFileError } from './recorded/data-file.ts';
import { EVENT_UPDATE } from './recorded/recording.ts';
import { SessionPlayer } from './recorded/session-player.ts';

const DATA = process.env['LA_DATA_DIR'];
const MINUTE_MS = 60_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'la-recorded-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function recorded(name: string): string {
  return join(DATA ?? '', name);
}

function csvRows(file: string): string[][] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.slice(1).map((line) => line.split(','));
}

/** The only contract of a recording. */
function contractOf(market: RecordedMarket): InstrumentMarket {
  const [contract] = market.instruments;
  if (contract === undefined) throw new Error('a recording without a contract');
  return contract;
}

describe.skipIf(DATA === undefined)('recorded sessions (LA_DATA_DIR)', () => {
  test.each([
    ['l2/binance-um-btcusdt-20230404T2358', 1_565, 1, 3],
    ['l2/binance-um-btcusdt-20240808T2354', 629, 1, 3],
    ['l2/binance-spot-btcusdt-20240808T2354', 1_072, 2, 6],
  ])(
    'the rebuilt book of %s equals the best bid and ask at all %i shared update ids',
    async (name, shared, price, lot) => {
      const path = recorded(name);
      const recording = await readBinanceSession({
        l2: `${path}-l2.csv.gz`,
        trades: `${path}-trades.csv.gz`,
        mark: null,
      });
      expect([recording.priceDecimals, recording.lotDecimals]).toEqual([price, lot]);
      const book = csvRows(`${path}-l2.csv.gz`);
      const snapshotId = Number(book.find((row) => row[2] === 's')?.[6]);
      const isSpot = book.every((row) => row[7] === '');
      const kept = book.filter(
        (row) => row[2] === 'u' && (isSpot ? Number(row[6]) > snapshotId : Number(row[6]) >= snapshotId),
      );
      const best = new Map(csvRows(`${path}-bbo.csv.gz`).map((row) => [row[4], row]));
      const market = new InstrumentMarket({
        spec: instrumentSpec('BTCUSDT', price, lot, price),
        seed: 1,
        originMs: Math.floor((recording.timeMs[0] ?? 0) / MINUTE_MS) * MINUTE_MS,
        originTicks: 1,
        minuteVolatility: 1e-4,
        meanMinuteLots: 1,
        fundingOffsetMs: 0,
        typicalPremium: 0,
      });
      const player = new SessionPlayer(recording, market, 0);
      let updates = 0;
      let compared = 0;
      const differences: string[] = [];
      for (const [at, kind] of recording.kind.entries()) {
        player.play(recording.timeMs[at] ?? 0);
        if (kind !== EVENT_UPDATE) continue;
        const expected = best.get(kept[updates++]?.[6]);
        if (expected === undefined) continue;
        compared++;
        const seen = [
          market.bids.best() ?? 0,
          market.bids.lotsAt(0),
          market.asks.best() ?? 0,
          market.asks.lotsAt(0),
        ];
        const wanted = expected
          .slice(5, 9)
          .map((text, column) => Math.round(Number(text) * 10 ** (column % 2 === 0 ? price : lot)));
        if (String(seen) !== String(wanted))
          differences.push(`${expected[4]}: ${String(seen)} instead of ${String(wanted)}`);
      }
      expect(updates).toBe(kept.length);
      expect(differences).toEqual([]);
      expect(compared).toBe(shared);
    },
  );

  test('plays every market print and no other: an insurance fund trade neither prints nor moves the last price', async () => {
    const path = recorded('l2/binance-um-btcusdt-20230404T2358');
    const market = await openRecordedMarket({ path, shift: 'recorded' });
    const contract = contractOf(market);
    let lows = Number.POSITIVE_INFINITY;
    let highs = 0;
    for (let timeMs = market.startMs; timeMs <= market.startMs + market.durationMs; timeMs += 100) {
      market.advance(timeMs);
      lows = Math.min(lows, contract.lastTicks);
      highs = Math.max(highs, contract.lastTicks);
    }
    const trades = csvRows(`${path}-trades.csv.gz`);
    const early = trades.filter((row) => Number(row[3]) < market.recordedStartMs).length;
    expect(trades.filter((row) => row[8] !== 'MARKET').map((row) => row[5])).toEqual(['28722.50']);
    expect(contract.tape.sequence).toBe(trades.length - 1 - early);
    expect(
      market.notes.some((note) => note.startsWith(`${early} trades that arrived before the first book`)),
    ).toBe(true);
    expect(highs).toBeLessThan(287_000);
    expect(lows).toBeGreaterThan(280_000);
  });

  test('takes mark, index and funding from the recording and settles at midnight', async () => {
    const path = recorded('l2/binance-um-btcusdt-20230404T2358');
    const market = await openRecordedMarket({ path, shift: 'recorded' });
    const contract = contractOf(market);
    const [first] = csvRows(`${path}-mark.csv.gz`);
    expect(contract.spec.referenceDecimals).toBe(8);
    market.advance(Number(first?.[2]));
    expect(contract.reference.mark).toBe(Math.round(Number(first?.[3]) * 1e8));
    expect(contract.reference.index).toBe(Math.round(Number(first?.[4]) * 1e8));
    const midnightMs = Date.UTC(2023, 3, 5);
    expect(contract.funding.nextSettlementMs).toBe(midnightMs);
    market.advance(midnightMs + 1_000);
    expect(contract.funding.lastSettlement()).toMatchObject({ timeMs: midnightMs, rate: 2_754 });
  });

  test('runs on shifted time when asked to, funding grid included', async () => {
    const shift = 5_000_000_017;
    const market = await openRecordedMarket({ path: recorded('l2/binance-um-btcusdt-20230404T2358'), shift });
    expect(market.startMs).toBe(market.recordedStartMs + shift);
    market.advance(market.startMs + 60_000);
    const contract = contractOf(market);
    expect(contract.funding.nextSettlementMs).toBe(Date.UTC(2023, 3, 5) + shift);
    for (const { timeMs } of contract.tape.since(0)) expect(timeMs).toBeGreaterThanOrEqual(market.startMs);
  });

  test('bars from the start on are the fold of the recorded trades', async () => {
    const path = recorded('l2/binance-um-btcusdt-20240808T2354');
    const market = await openRecordedMarket({ path, shift: 'recorded' });
    market.advance(market.startMs + market.durationMs);
    const openMs = Date.UTC(2024, 7, 8, 23, 57);
    const trades = csvRows(`${path}-trades.csv.gz`).filter(
      (row) => Math.floor(Number(row[3]) / MINUTE_MS) * MINUTE_MS === openMs,
    );
    const prices = trades.map((row) => Math.round(Number(row[5]) * 10));
    const bar = contractOf(market).bars.fold(openMs, openMs + MINUTE_MS);
    expect([bar?.high, bar?.low]).toEqual([Math.max(...prices), Math.min(...prices)]);
    const lots = trades.reduce((sum, row) => sum + Math.round(Number(row[6]) * 1_000), 0);
    // Trades at the very edge of a minute may play a few milliseconds later, in order of arrival.
    expect(Math.abs((bar?.lots ?? 0) / lots - 1)).toBeLessThan(0.01);
  });

  test('drops what Hyperliquid repeated after a reconnect and prints no backlog', async () => {
    const path = recorded('l2/hyperliquid-perp-eth-20250904T1946');
    const market = await openRecordedMarket({ path, shift: 'recorded' });
    const contract = contractOf(market);
    expect([contract.spec.symbol, contract.spec.priceDecimals, contract.spec.lotDecimals]).toEqual([
      'ETHUSDT',
      1,
      4,
    ]);
    market.advance(market.startMs + market.durationMs);
    const trades = csvRows(`${path}-trades.csv.gz`);
    const unique = new Set(trades.map((row) => row[2])).size;
    expect(trades.length - unique).toBe(17);
    const early = trades.filter((row) => Number(row[1]) < market.recordedStartMs).length;
    expect(early).toBeGreaterThan(0);
    expect(contract.tape.sequence).toBe(unique - early);
    expect(contract.bids.size).toBe(20);
  });

  test('freezes at the end and says so', async () => {
    const market = await openRecordedMarket({
      path: recorded('l2/binance-um-btcusdt-20240808T2354'),
      shift: 'recorded',
    });
    const endMs = market.startMs + market.durationMs;
    market.advance(endMs);
    expect(market.ended).toBe(false);
    const printed = contractOf(market).tape.sequence;
    market.advance(endMs + 3_600_000);
    expect([market.ended, contractOf(market).tape.sequence]).toEqual([true, printed]);
  });
});

describe('klines played as a market', () => {
  const openMs = Date.UTC(2025, 4, 4, 15, 33);
  const bars = [
    [openMs, '95000.0', '95010.5', '94990.1', '95005.2', '12.345'],
    [openMs + MINUTE_MS, '95005.2', '95005.2', '94800.0', '94850.3', '88.001'],
    // A minute is missing here, and one has no volume.
    [openMs + 3 * MINUTE_MS, '94850.3', '94850.3', '94850.3', '94850.3', '0'],
    [openMs + 4 * MINUTE_MS, '94851.0', '95500.9', '94850.0', '95500.9', '0.090'],
  ];
  const text = `open_time_ms,open,high,low,close,volume\n${bars.map((bar) => bar.join(',')).join('\n')}\n`;

  test('each bar is exactly the fold of the trades made for it, and every trade prints at the touch', async () => {
    const path = join(folder, 'test-btcusdt-1m.csv.gz');
    await writeFile(path, gzipSync(text));
    const market = await openRecordedMarket({ path, shift: 'recorded', seed: 3 });
    const contract = contractOf(market);
    expect(market.durationMs).toBe(5 * MINUTE_MS);
    let sequence = contract.tape.sequence;
    let away = 0;
    for (let timeMs = market.startMs; timeMs <= market.startMs + market.durationMs; timeMs += 1) {
      market.advance(timeMs);
      const trade = contract.tape.since(sequence).at(-1);
      sequence = contract.tape.sequence;
      if (trade !== undefined && trade.ticks !== (trade.isBuy ? contract.asks.best() : contract.bids.best()))
        away++;
      if ((contract.bids.best() ?? 0) >= (contract.asks.best() ?? 0)) away++;
    }
    expect(away).toBe(0);
    expect(contract.bids.size).toBeGreaterThanOrEqual(200);
    for (const [time, open, high, low, close, volume] of bars) {
      const from = Number(time);
      const bar = contract.bars.fold(from, from + MINUTE_MS);
      const decimals = [bar?.open, bar?.high, bar?.low, bar?.close].map((ticks) =>
        ((ticks ?? 0) / 10).toFixed(1),
      );
      expect([...decimals, (bar?.lots ?? 0) / 1_000]).toEqual([open, high, low, close, Number(volume)]);
    }
    const silent = contract.bars.fold(openMs + 2 * MINUTE_MS, openMs + 3 * MINUTE_MS);
    expect(silent).toMatchObject({ open: 948_503, high: 948_503, low: 948_503, close: 948_503, lots: 0 });
    expect(market.notes.join(' ')).toContain('made up');
  });

  test('a bad row is named by file, line and column', async () => {
    const path = join(folder, 'bad-btcusdt-1m.csv');
    await writeFile(path, text.replace('94800.0', '94x00.0'));
    await expect(openRecordedMarket({ path, shift: 'recorded' })).rejects.toThrow(
      `${path}:3: expected a decimal of at most 8 places in column low, found "94x00.0"`,
    );
    await writeFile(path, text.replace('95010.5', '95000.1'));
    await expect(openRecordedMarket({ path, shift: 'recorded' })).rejects.toThrow(
      `${path}:2: expected low <= open, close <= high`,
    );
    await writeFile(path, text.replace(',volume', ',vol'));
    await expect(openRecordedMarket({ path, shift: 'recorded' })).rejects.toThrow(
      `${path}:1: expected the header`,
    );
  });
});

describe('bad session files', () => {
  const L2 = 'seq,recv_us,kind,event_ms,tx_ms,first_id,last_id,prev_id,bids,asks\n';
  const TRADES = 'seq,recv_us,event_ms,trade_ms,trade_id,price,qty,buyer_is_maker,type\n';
  const snapshot = '1,1000000,s,1000,1000,,50,,10.1:1,10.2:2\n';

  async function write(name: string, l2: string, trades: string): Promise<string> {
    const prefix = join(folder, `${name}-btcusdt`);
    await writeFile(`${prefix}-l2.csv`, L2 + l2);
    await writeFile(`${prefix}-trades.csv`, TRADES + trades);
    return prefix;
  }

  async function failure(path: string): Promise<DataFileError> {
    const error: unknown = await openRecordedMarket({ path, shift: 'recorded' }).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error instanceof DataFileError) return error;
    throw new Error('the recording opened', { cause: error });
  }

  const goodTrade = '3,1200000,1200,1200,7,10.1,1,0,MARKET\n';

  test('a broken chain of update ids is an error at its line', async () => {
    const good = '2,1100000,u,1100,1100,45,55,44,10.1:3,\n';
    const broken = '4,1300000,u,1300,1300,60,61,57,10.1:4,\n';
    const error = await failure(await write('broken', snapshot + good + broken, goodTrade));
    expect(error).toMatchObject({ line: 4, code: 'data_file_invalid' });
    expect(error.message).toContain('expected id 55 (the chain is broken) in column prev_id, found "57"');
  });

  test('a missing snapshot, a bad level, a bad trade and a missing file are errors', async () => {
    expect(
      (await failure(await write('nosnap', '2,1100000,u,1100,1100,45,55,44,10.1:3,\n', goodTrade))).message,
    ).toContain('a snapshot row');
    expect(
      (await failure(await write('level', '1,1000000,s,1000,1000,,50,,10.1,10.2:2\n', goodTrade))).line,
    ).toBe(2);
    expect(
      (await failure(await write('side', snapshot, goodTrade.replace(',0,MARKET', ',2,MARKET')))).message,
    ).toContain('0 or 1');
    expect((await failure(join(folder, 'nothing-btcusdt'))).message).toContain('neither');
  });

  test('a gzip that is cut off is an error, not a shorter session', async () => {
    const prefix = await write('cut', snapshot, goodTrade);
    await rm(`${prefix}-trades.csv`);
    const packed = gzipSync(TRADES + goodTrade.repeat(2_000));
    await writeFile(`${prefix}-trades.csv.gz`, packed.subarray(0, packed.length - 20));
    expect((await failure(prefix)).message).toContain('a readable file');
  });

  test('a folder where a file should be is an error', async () => {
    const prefix = await write('folder', snapshot, goodTrade);
    await rm(`${prefix}-trades.csv`);
    await mkdir(`${prefix}-trades.csv`);
    expect((await failure(prefix)).message).toContain('a readable file');
  });
});
