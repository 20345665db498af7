/** The market of a backtest: one dataset, or the candles of several contracts at once under one account. */

import path from 'node:path';
import { type InstrumentSpec, createInstrument } from '../core/domain/instrument.ts';
import type { Dataset, DatasetFeed, DatasetSpan } from '../storage/datasets/dataset.ts';
import { joinFeeds } from '../storage/datasets/joined-feed.ts';
import { type DatasetPaths, openDataset } from '../storage/datasets/open-dataset.ts';
import { hasTable } from '../storage/datasets/parquet-pieces.ts';
import { StorageError } from '../storage/storage-error.ts';
import { chosenBarMs, contractOf } from './backtest-start.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import type { MarketFiles } from './market-files.ts';

/** A contract with its files, as they are opened here and on other machines. */
export interface MarketContract extends DatasetPaths {
  readonly barMs: number | null;
}

/** Everything that is played, opened: of any part of it there is a feed. */
export class BacktestMarket {
  readonly contracts: readonly MarketContract[];
  readonly specs: readonly InstrumentSpec[];
  /** Of the first; several are alike. */
  readonly dataset: Pick<Dataset, 'priceSource' | 'barMs'>;
  readonly notes: readonly string[];
  readonly #datasets: readonly Dataset[];

  private constructor(
    contracts: readonly MarketContract[],
    datasets: readonly Dataset[],
    dataset: BacktestMarket['dataset'],
  ) {
    this.contracts = contracts;
    this.#datasets = datasets;
    this.dataset = dataset;
    this.specs = datasets.map((each, at) => contractOf(contracts[at]?.symbol ?? '', each));
    this.notes = datasets.flatMap((each, at) =>
      each.notes.map((note) => (datasets.length === 1 ? note : `${contracts[at]?.symbol ?? ''}: ${note}`)),
    );
  }

  /** Throws StorageError, and ConfigError where several are not the like candles of one market. */
  static async open(contracts: readonly MarketContract[]): Promise<BacktestMarket> {
    const datasets: Dataset[] = [];
    for (const contract of contracts) datasets.push(await openDataset(contract));
    const [first] = datasets;
    if (first === undefined) throw new ConfigError(['--data: expected a file, found none']);
    if (datasets.length > 1) requireLikeCandles(contracts, datasets);
    return new BacktestMarket(contracts, datasets, first);
  }

  /** A part of the market, in the order of time. Throws StorageError where nothing lies in it. */
  feed(span: DatasetSpan): DatasetFeed {
    return joinFeeds(this.feeds(span));
  }

  /** The same, each contract for itself: of the time that all of them have. */
  feeds(span: DatasetSpan): readonly DatasetFeed[] {
    const whole = this.#cut(span);
    if (whole.length === 1) return whole;
    // What only some of them have is no market of all of them; bars before it are history.
    const fromMs = Math.max(...whole.map(({ startMs }) => startMs));
    const toMs = Math.min(...whole.map(({ endMs }) => endMs));
    if (toMs > fromMs) return this.#cut({ ...span, fromMs, toMs });
    const names = this.contracts.map(({ data }) => data).join(' and ');
    throw new StorageError('invalid_data', `--data: ${names} have no time in common`);
  }

  #cut(span: DatasetSpan): readonly DatasetFeed[] {
    return this.#datasets.flatMap((dataset, index) => {
      const spec = this.specs[index];
      return spec === undefined ? [] : [dataset.feed(createInstrument(spec, index), span)];
    });
  }
}

/**
 * The contracts that the files are: one file is the first symbol's, a folder of Parquet all symbols'; of several files each
 * is a symbol's. Throws ConfigError.
 */
export function contractsOf(settings: Settings, files: readonly MarketFiles[]): readonly MarketContract[] {
  const barMs = chosenBarMs(settings);
  return namedContracts(settings, files).map(({ data, mark, funding, symbol }) => ({
    ...{ data, marks: mark, funding, symbol, barMs },
  }));
}

interface NamedFiles extends MarketFiles {
  readonly symbol: string;
}

function namedContracts(settings: Settings, files: readonly MarketFiles[]): readonly NamedFiles[] {
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

function requireLikeCandles(contracts: readonly MarketContract[], datasets: readonly Dataset[]): void {
  const barMs = datasets[0]?.barMs ?? null;
  for (const [at, dataset] of datasets.entries()) {
    if (dataset.priceSource === 'bars' && dataset.barMs === barMs) continue;
    const found =
      dataset.priceSource === 'bars' ? `bars of ${(dataset.barMs ?? 0) / 60_000} minutes` : 'no candles';
    throw new ConfigError([
      `--data: several contracts play together as candles of one length; ${contracts[at]?.data ?? ''} has ${found}`,
    ]);
  }
}

/** The contract that was chosen, else the one that the file's name speaks of. */
function symbolOf({ settings, data }: { readonly settings: Settings; readonly data: string }): string {
  const [first] = settings.symbols;
  if (settings.effective['symbols']?.origin.kind !== 'default') return first;
  const named = /(?:^|[-_])([a-z0-9]+?)usdt?(?=[-_.]|$)/.exec(path.basename(data).toLowerCase())?.[1];
  return named === undefined ? first : `${named.toUpperCase()}USDT`;
}
