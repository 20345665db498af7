import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DAY_MS } from '../core/base/time.ts';
import { ParquetWriter } from './parquet-writer.ts';

test('writes years of candles, a file a day, within the memory that a few weeks need', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'la-parquet-'));
  try {
    const scratch = path.join(folder, 'scratch');
    mkdirSync(scratch);
    const days = 300;
    // 512 MB hold a thousand open files; so many fewer days run into so much less.
    const writer = await ParquetWriter.open(scratch, 'years', '48MB');
    const firstMs = Date.UTC(2020, 0, 1);
    for (let day = 0; day < days; day++) {
      const openMs = firstMs + day * DAY_MS;
      writer.append('bars', 'BTCUSDT', [
        ...[day, openMs, null, 'last', openMs, DAY_MS, '1', '2', '1', '2', '5', false, false, false],
      ]);
    }
    const out = path.join(folder, 'out');
    expect((await writer.write(out)).bars).toBe(days);
    writer.close();
    const written = readdirSync(path.join(out, 'bars', 'symbol=BTCUSDT'));
    expect(written).toHaveLength(days);
    expect(written.toSorted().at(-1)).toBe('date=2020-10-26');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
