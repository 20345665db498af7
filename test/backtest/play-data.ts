/**
 * Opens data as a backtest does and plays it to its end, in a process of its own whose memory the parent limits:
 * `node play-data.ts PATH SYMBOL`. Prints what it saw, and by how much its memory grew at the most.
 */

import { createInstrument } from '../../src/core/domain/instrument.ts';
import { contractOf } from '../../src/app/backtest-start.ts';
import { openDataset } from '../../src/storage/datasets/open-dataset.ts';
import { type PlayedData, playData } from './played-data.ts';

const KILOBYTE = 1_024;

const [, , data = '', symbol = ''] = process.argv;
const before = process.resourceUsage().maxRSS;
const dataset = await openDataset({ data, marks: null, funding: null, symbol });
const instrument = createInstrument(contractOf(symbol, dataset), 0);
const feed = dataset.feed(instrument, { fromMs: null, toMs: null, historyBars: 0 });
const played: PlayedData = await playData(feed.blocks(1));
const grownMb = (process.resourceUsage().maxRSS - before) / KILOBYTE;
process.stdout.write(`${JSON.stringify({ played, grownMb })}\n`);
