/** The market of a backtest: one dataset, or the candles of several contracts at once under one account. */

import path from 'node:path';
import { type InstrumentSpec, createInstrument } from '../core/domain/instrument.ts';
import type { StrategyInstance } from '../core/strategy/strategy.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from '../storage/datasets/dataset.ts';
import { joinFeeds } from '../storage/datasets/joined-feed.ts';
import { openDataset } from '../storage/datasets/open-dataset.ts';
import { hasTable } from '../storage/datasets/parquet-pieces.ts';
import { StorageError } from '../storage/storage-error.ts';
import { chosenBarMs, contractOf, neededHistory } from './backtest-start.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';

/** The files of one contract. */
export interface MarketFiles {
  readonly data: string;
  readonly funding: string | null;
  readonly mark: string | null;
}

export interface BacktestMarket {
  readonly dataset: Pick<Dataset, 'priceSource' | 'barMs'>;
  readonly specs: readonly InstrumentSpec[];
  readonly feed: DatasetFeed;
  readonly notes: readonly string[];
}

interface Contract extends MarketFiles {
  readonly symbol: string;
}

/** Opens everything that is played, each of `files` another contract. Throws StorageError, ConfigError. */
export async function openBacktestMarket(
  settings: Settings,
  files: readonly MarketFiles[],
  strategy: StrategyInstance,
  span: Omit<DatasetSpan, 'historyBars'>,
): Promise<BacktestMarket> {
  const contracts = contractsOf(settings, files);
  const opened: { readonly spec: InstrumentSpec; readonly dataset: Dataset }[] = [];
  for (const { data, funding, mark, symbol } of contracts) {
    const dataset = await openDataset({ data, marks: mark, funding, symbol, barMs: chosenBarMs(settings) });
    opened.push({ spec: contractOf(symbol, dataset), dataset });
  }
  const [first] = opened;
  if (first === undefined) throw new ConfigError(['--data: expected a file, found none']);
  const { dataset } = first;
  if (opened.length > 1) requireLikeCandles(contracts, opened);
  const historyBars = neededHistory(settings, dataset, strategy);
  const feedsOf = (part: Omit<DatasetSpan, 'historyBars'>): readonly DatasetFeed[] =>
    opened.map(({ spec, dataset: each }, index) =>
      each.feed(createInstrument(spec, index), { ...part, historyBars }),
    );
  const specs = opened.map(({ spec }) => spec);
  const notes = opened.flatMap(({ spec, dataset: each }) =>
    each.notes.map((note) => (opened.length === 1 ? note : `${spec.symbol}: ${note}`)),
  );
  const feeds = feedsOf(span);
  const [only] = feeds;
  if (feeds.length === 1 && only !== undefined) return { dataset, specs, feed: only, notes };
  // What only some of them have is no market of all of them; bars before it are history.
  const common = {
    fromMs: Math.max(...feeds.map(({ startMs }) => startMs)),
    toMs: Math.min(...feeds.map(({ endMs }) => endMs)),
  };
  if (common.toMs <= common.fromMs)
    throw new StorageError(
      'invalid_data',
      `--data: ${contracts.map(({ data }) => data).join(' and ')} have no time in common`,
    );
  return { dataset, specs, feed: joinFeeds(feedsOf(common)), notes };
}

/** One file is the first symbol's, a folder of Parquet all symbols'; of several files each is a symbol's. */
function contractsOf(settings: Settings, files: readonly MarketFiles[]): readonly Contract[] {
  const [first] = files;
  const chosen = settings.effective['symbols']?.origin.kind === 'default' ? [] : settings.symbols;
  if (first !== undefined && files.length === 1) {
    if (chosen.length > 1 && hasTable(first.data, 'bars'))
      return chosen.map((symbol) => ({ ...first, symbol }));
    return [{ ...first, symbol: symbolOf({ settings, data: first.data }) }];
  }
  if (chosen.length > 0 && chosen.length !== files.length)
    throw new ConfigError([
      `--symbol: expected one for each of the ${files.length} --data, found ${chosen.join(', ')}`,
    ]);
  const contracts = files.map((each, at) => ({
    ...each,
    symbol: chosen[at] ?? symbolOf({ settings, data: each.data }),
  }));
  const symbols = contracts.map(({ symbol }) => symbol);
  if (new Set(symbols).size < symbols.length)
    throw new ConfigError([
      `--data: expected another contract in each, found ${symbols.join(', ')}; --symbol names them in their order`,
    ]);
  return contracts;
}

function requireLikeCandles(
  contracts: readonly Contract[],
  opened: readonly { readonly dataset: Dataset }[],
): void {
  const barMs = opened[0]?.dataset.barMs ?? null;
  for (const [at, { dataset }] of opened.entries()) {
    if (dataset.priceSource === 'bars' && dataset.barMs === barMs) continue;
    const found =
      dataset.priceSource === 'bars' ? `bars of ${(dataset.barMs ?? 0) / 60_000} minutes` : 'no candles';
    throw new ConfigError([
      `--data: several contracts play together as candles of one length; ${contracts[at]?.data ?? ''} has ${found}`,
    ]);
  }
}

/** The contract that was chosen, else the one that the file's name speaks of. */
export function symbolOf({ settings, data }: { readonly settings: Settings; readonly data: string }): string {
  const [first] = settings.symbols;
  if (settings.effective['symbols']?.origin.kind !== 'default') return first;
  const named = /(?:^|[-_])([a-z0-9]+?)usdt?(?=[-_.]|$)/.exec(path.basename(data).toLowerCase())?.[1];
  return named === undefined ? first : `${named.toUpperCase()}USDT`;
}
