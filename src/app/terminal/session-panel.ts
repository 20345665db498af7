/** What a session looks like at a glance, as lines for a terminal: `la run` shows them once a second, `la status` once. */

import { parseMoney, formatMoney } from '../../core/domain/instrument.ts';
import { money } from '../../core/domain/units.ts';
import type { FeedHealth, HeartbeatFields, HeldPosition } from '../../ports/heartbeat-fields.ts';
import {
  UNKNOWN_TEXT,
  displayCount,
  displayMoney,
  displaySignedMoney,
  displaySpan,
} from '../../report/display-text.ts';
import type { StatusEvent } from '../status-glance.ts';
import type { Piece, TerminalLine, Tone } from './terminal-line.ts';

const LABEL_WIDTH = 11;
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** Positions named; the rest are counted. */
const POSITIONS_SHOWN_MAX = 6;

export interface PanelFacts {
  readonly heartbeat: HeartbeatFields;
  /** Contract and last price, as text. */
  readonly prices: readonly (readonly [symbol: string, price: string | null])[];
  /** Equity at the session's start; null where unknown. */
  readonly startingEquity: string | null;
  /** Equity over the session so far, evenly spaced; drawn where there are two values. */
  readonly equityCurve: readonly number[];
  /** The newest last. */
  readonly events: readonly StatusEvent[];
  /** What is wrong; empty where nothing is. */
  readonly troubles: readonly string[];
}

const STATE_TONES: Readonly<Record<HeartbeatFields['state'], Tone>> = {
  starting: 'warn',
  warming: 'warn',
  running: 'good',
  halted: 'bad',
  stopping: 'warn',
  ended: 'soft',
};

export function describePanel(facts: PanelFacts): TerminalLine[] {
  const { heartbeat, prices, equityCurve, events, troubles } = facts;
  const { state, reason, elapsed, remaining } = heartbeat;
  const time = `${elapsed === null ? UNKNOWN_TEXT : displaySpan(Math.round(elapsed))} gone, ${remaining === null ? 'no end' : `${displaySpan(Math.round(remaining))} left`}`;
  return [
    row(
      'session',
      [state, STATE_TONES[state]],
      [reason === null ? '' : ` (${reason})`],
      [`  ${time}`],
      [`  ${heartbeat.session_id ?? ''}`, 'soft'],
    ),
    row(
      'price',
      ...prices.flatMap(([symbol, price]): Piece[] => [
        [`${symbol} `],
        [price ?? UNKNOWN_TEXT, 'strong'],
        ['  '],
      ]),
    ),
    ...positionRows(heartbeat),
    equityRow(facts),
    ...(equityCurve.length > 1 ? [row('', [sparkline(equityCurve), 'soft'])] : []),
    row('orders', [`${shown(heartbeat.open_orders)} open`]),
    healthRow(heartbeat, troubles),
    row(
      'machine',
      [
        `clock ${signed(heartbeat.clock_offset_ms)} ms, round trip ${shown(heartbeat.round_trip_ms)} ms, loop ${shown(heartbeat.event_loop_lag_ms)} ms, `,
      ],
      [
        `memory ${shown(heartbeat.ram_mb)} MiB, CPU ${shown(heartbeat.cpu_percent)} %, ${displayCount(heartbeat.events)} events`,
      ],
    ),
    ...events.map(({ ts, level, text }) => row(ts.slice(11, 19), [text, levelTone(level)])),
    row('dashboard', [heartbeat.dashboard_url ?? 'off']),
  ];
}

function row(label: string, ...pieces: readonly Piece[]): TerminalLine {
  return [[label.padEnd(LABEL_WIDTH), 'soft'], ...pieces];
}

function positionRows({ positions, position, symbol, margin }: HeartbeatFields): TerminalLine[] {
  if (positions === undefined || positions === null)
    return [row('position', [position === null ? UNKNOWN_TEXT : `${symbol ?? ''} ${position}`])];
  if (positions.length === 0) return [row('position', ['flat'])];
  const held = positions
    .slice(0, POSITIONS_SHOWN_MAX)
    .map((each, place) => row(place === 0 ? 'position' : '', ...positionPieces(each)));
  const more = positions.length - held.length;
  const distance = margin?.distance_percent ?? null;
  return [
    ...held,
    ...(more > 0 ? [row('', [`and ${more} more`])] : []),
    ...(margin === undefined || margin === null || margin.liquidation_price === null
      ? []
      : [
          row('liquidation', [
            `${margin.symbol} at ${margin.liquidation_price}${distance === null ? '' : `, ${distance} % away`}`,
          ]),
        ]),
  ];
}

function positionPieces({
  symbol,
  side,
  quantity,
  average_price: entry,
  unrealized_pnl: pnl,
}: HeldPosition): Piece[] {
  const amount = quantity.replace(/^-/, '');
  return [
    [`${side} ${amount} ${symbol} at ${entry ?? UNKNOWN_TEXT}  `],
    pnl === null ? [''] : [`${displaySignedMoney(pnl)} USDT`, toneOf(pnl)],
  ];
}

function equityRow({ heartbeat, startingEquity }: PanelFacts): TerminalLine {
  const { equity, wallet_balance: wallet } = heartbeat;
  const profit =
    equity === null || startingEquity === null
      ? null
      : formatMoney(money(parseMoney(equity) - parseMoney(startingEquity)));
  return row(
    'equity',
    [`${displayMoney(equity)} USDT  `, 'strong'],
    profit === null ? [''] : [`${displaySignedMoney(profit)}  `, toneOf(profit)],
    [`wallet ${displayMoney(wallet)}`, 'soft'],
  );
}

function healthRow({ feeds }: HeartbeatFields, troubles: readonly string[]): TerminalLine {
  const states = Object.entries(feeds)
    .map(
      ([name, { age_ms: ageMs }]: [string, FeedHealth]) =>
        `${name} ${ageMs === null ? UNKNOWN_TEXT : `${ageMs} ms`}`,
    )
    .join(', ');
  const word: Piece = troubles.length === 0 ? ['healthy', 'good'] : [troubles.join(', '), 'bad'];
  return row('health', word, [states === '' ? '' : `  ${states}`, 'soft']);
}

/** What a person should look at, of what the heartbeat says. */
export function findTroubles({ feeds, state }: HeartbeatFields): string[] {
  return [
    ...Object.entries(feeds).flatMap(([name, { state: feed }]) =>
      feed === 'connected' ? [] : [`${name} is ${feed}`],
    ),
    ...(state === 'halted' ? ['nothing is traded'] : []),
  ];
}

/** A line of bars between the lowest and the highest value. */
function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const step = (value: number): number =>
    high === low ? 0 : Math.min(BARS.length - 1, Math.floor(((value - low) / (high - low)) * BARS.length));
  return values.map((value) => BARS[step(value)] ?? '').join('');
}

function levelTone(level: string): Tone {
  if (level === 'critical' || level === 'error') return 'bad';
  return level === 'warning' ? 'warn' : 'plain';
}

function toneOf(amount: string): Tone {
  if (parseMoney(amount) === 0n) return 'plain';
  return amount.startsWith('-') ? 'bad' : 'good';
}

function shown(value: string | number | null): string {
  return value === null ? UNKNOWN_TEXT : String(value);
}

function signed(value: number | null): string {
  return value !== null && value > 0 ? `+${value}` : shown(value);
}
