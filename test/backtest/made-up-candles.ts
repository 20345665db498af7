/** Candles that go up and down smoothly, as text of a file: what a test of the command line needs. */

const HEADER = 'open_time_ms,open,high,low,close,volume';
const FIRST_OPEN_MS = Date.UTC(2026, 0, 1);

export function madeUpCandles(count: number, lengthMs = 60_000): string {
  const closeOf = (at: number): number => 50_000 + 500 * Math.sin(at / 20);
  const rows = Array.from({ length: count }, (_, at) => {
    const [open, close] = [closeOf(at - 1), closeOf(at)];
    const prices = [open, Math.max(open, close) + 5, Math.min(open, close) - 5, close];
    return [FIRST_OPEN_MS + at * lengthMs, ...prices.map((price) => price.toFixed(1)), '12.5'].join(',');
  });
  return `${[HEADER, ...rows].join('\n')}\n`;
}
