import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HeartbeatFields } from '../../ports/heartbeat-fields.ts';
import { LiveView } from './live-view.ts';
import { openTerminalDevice } from './terminal-device.ts';
import { lineLength, paintLine } from './terminal-line.ts';

const HEARTBEAT: HeartbeatFields = {
  ...{ ts: '2026-11-22T16:39:00.000Z', unix_ts: 1_795_365_540, pid: 1, session_id: 's-1', state: 'running' },
  ...{
    reason: null,
    symbol: 'BTCUSDT',
    elapsed: 312,
    remaining: 288,
    equity: '9987.5',
    wallet_balance: '9990',
  },
  ...{ unrealized_pnl: '-2.5', position: '-0.15', symbols: ['BTCUSDT'], open_orders: 2 },
  positions: [
    {
      ...{ symbol: 'BTCUSDT', side: 'short', quantity: '-0.15', average_price: '85977' },
      ...{ mark_price: '85980', unrealized_pnl: '-2.5' },
    },
  ],
  ...{
    ram_mb: 210,
    cpu_percent: 3.2,
    cpu_pct: 3.2,
    event_loop_lag_ms: 1,
    clock_offset_ms: 3,
    round_trip_ms: 20,
  },
  ...{ events: 12_345, errors: 0, dashboard_url: 'http://127.0.0.1:8787' },
  feeds: { kline: { state: 'connected', age_ms: 120, reconnects: 0, gaps: 0 } },
};

/** A view on a terminal of that size, which keeps what it shows: commands understood, nothing else assumed. */
function makeView(size = { columns: 100, rows: 30 }, color = false) {
  const screen = { lines: [''], isOpen: true, written: '' };
  const view = new LiveView({
    ...{ color, columns: () => size.columns, rows: () => size.rows, startingEquity: () => '10000' },
    events: () => [
      { ts: '2026-11-22T16:38:00.000Z', level: 'warning', text: 'Gap \u001B[31mdetected!\u0007' },
    ],
    write(text) {
      if (!screen.isOpen) return false;
      screen.written += text;
      const [, up = '0', rest = ''] = /^\r(?:\u001B\[(\d+)A)?\u001B\[J([^]*)$/.exec(text) ?? [];
      screen.lines.splice(Math.max(0, screen.lines.length - 1 - Number(up)));
      screen.lines.push(...rest.split('\n'));
      return true;
    },
  });
  return { view, screen };
}

describe('the live view', () => {
  test('shows price, position, equity, health and the last events, each time in the same place', () => {
    const { view, screen } = makeView();
    view.update(HEARTBEAT, '85980.1');
    const first = screen.lines.length;
    view.update({ ...HEARTBEAT, equity: '10012.5' }, '85990');
    view.update({ ...HEARTBEAT, equity: '10012.5' }, '85991');
    expect(screen.lines).toHaveLength(first + 1);
    const text = screen.lines.join('\n');
    for (const part of [
      ...[
        'session    running  5 min 12 s gone, 4 min 48 s left',
        'BTCUSDT 85991',
        'short 0.15 BTCUSDT at 85977  -2.50 USDT',
      ],
      ...[
        '10,012.50 USDT  +12.50',
        'healthy  kline 120 ms',
        '16:38:00   Gap ?[31mdetected!?',
        'clock +3 ms',
        '▁██',
      ],
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('85990');
  });

  test('prints what is said for good above itself', () => {
    const { view, screen } = makeView();
    view.note('Dashboard http://127.0.0.1:1');
    view.update(HEARTBEAT, null);
    view.note('Connected');
    view.update(HEARTBEAT, null);
    view.update(HEARTBEAT, null);
    expect(screen.lines.slice(0, 2)).toEqual(['Dashboard http://127.0.0.1:1', 'Connected']);
    expect(screen.lines.filter((line) => line.startsWith('session'))).toHaveLength(1);
  });

  test('keeps to a terminal that is small, and follows one that becomes it', () => {
    const size = { columns: 120, rows: 30 };
    const { view, screen } = makeView(size);
    view.update(HEARTBEAT, '85980.1');
    size.columns = 30;
    size.rows = 6;
    view.update(HEARTBEAT, '85980.1');
    const shown = screen.lines.slice(-6);
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(30);
    expect(shown.at(-1)).toBe('');
    // Lines that were broken anew take more rows to go up, but never more than there are.
    expect(screen.written).toContain('\u001B[5A');
  });

  test('drops what a stopped terminal does not take, and shows the newest once it does', () => {
    const { view, screen } = makeView();
    view.update(HEARTBEAT, '1');
    screen.isOpen = false;
    for (let price = 2; price < 1_000; price++) view.update(HEARTBEAT, String(price));
    for (let line = 0; line < 1_000; line++) view.note(`said ${line}`);
    screen.isOpen = true;
    view.update(HEARTBEAT, '1000');
    const text = screen.lines.join('\n');
    expect(text).toContain('BTCUSDT 1000');
    expect(screen.lines.filter((line) => line.startsWith('session'))).toHaveLength(1);
    // The last notes are kept, within a bound.
    expect(text).toContain('said 999');
    expect(text).not.toContain('said 1\n');
  });

  test('goes on without a terminal that fails', () => {
    const view = new LiveView({
      ...{ color: false, columns: () => 80, rows: () => 24, startingEquity: () => null, events: () => [] },
      write() {
        throw new Error('gone');
      },
    });
    expect(() => {
      view.update(HEARTBEAT, null);
      view.note('x');
      view.end();
    }).not.toThrow();
  });

  test('uses colours only where they are wanted, and no other command but moving up and clearing', () => {
    const plain = makeView();
    const coloured = makeView(undefined, true);
    for (const { view } of [plain, coloured]) {
      view.update(HEARTBEAT, '1');
      view.update(HEARTBEAT, '2');
    }
    const commands = (text: string): Set<string> =>
      new Set([...text.matchAll(/\u001B\[[\d;?]*([A-Za-z])/g)].map(([, letter = '']) => letter));
    expect(commands(plain.screen.written)).toEqual(new Set(['A', 'J']));
    expect(commands(coloured.screen.written)).toEqual(new Set(['A', 'J', 'm']));
  });
});

test('a line is cut to its width, its colours closed', () => {
  const line = [['abc', 'good'], ['defgh'], ['ij', 'bad']] as const;
  expect(paintLine(line, 5, true)).toBe('\u001B[32mabc\u001B[0mde');
  expect(lineLength(line)).toBe(10);
});

test('the device never waits: a pipe that nobody reads takes a while and then nothing', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'device-'));
  const fifo = path.join(folder, 'terminal');
  try {
    execFileSync('mkfifo', [fifo]);
    // Without a reader it cannot be opened, nor can what is not there.
    expect(openTerminalDevice(fifo)).toBeNull();
    expect(openTerminalDevice(path.join(folder, 'none'))).toBeNull();
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const device = openTerminalDevice(fifo);
    const frame = 'x'.repeat(10_000);
    const taken = Array.from({ length: 50 }, () => device?.write(frame));
    expect([taken[0], taken.at(-1)]).toEqual([true, false]);
    // Once it is read again, what was taken comes whole, and there is room for more.
    const bytes = Buffer.alloc(1_000_000);
    let read = readSync(reader, bytes);
    expect(device?.write('y')).toBe(true);
    read += readSync(reader, bytes);
    expect(read).toBe(taken.filter((each) => each === true).length * frame.length + 1);
    closeSync(reader);
    // A terminal that is gone takes everything.
    expect(device?.write(frame)).toBe(true);
    expect(device?.write(frame)).toBe(true);
    device?.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
