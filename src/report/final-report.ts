/**
 * The result of a session: the document `final_report.json`.
 *
 * Invariant: whatever was not measured is null; amounts are exact sums of what the journal says. `ledger_difference` is
 * worked out anew from the ledger's entries and must be "0"; a session with any other is never a success.
 */

import { formatMoney, parseMoney } from '../core/domain/instrument.ts';
import { STRATEGY_DISABLED } from '../core/domain/outputs.ts';
import { type StoppedReason, EXIT_CODES } from '../core/domain/reasons.ts';
import { money } from '../core/domain/units.ts';
import { measureDoubt, secondsOf } from './doubtful-time.ts';
import {
  exposurePercent,
  maxDrawdown,
  percentOf,
  sharpeRatio,
  sumCost,
  sumMoney,
  tradeStatistics,
} from './performance-statistics.ts';
import type { HeldPosition } from '../ports/heartbeat-fields.ts';
import type { BandRow, LifecycleRow, QualityRow, TradeRow } from '../ports/journal-rows.ts';
import type { EquitySample, FillFacts, LedgerFacts, OpeningPosition, OrderFacts } from './session-facts.ts';

/** The feed of a gap in which the program itself did not run. */
const PROCESS_FEED = 'process';

/**
 * success: ran its time or was stopped on request. degraded: the same, but part of it on bad data (halts, gaps that were
 * not backfilled) or without its strategy. killed: by the kill switch. error: every other end.
 */
export type ReportStatus = 'success' | 'degraded' | 'error' | 'killed';

/** Amounts are decimal text in USDT, ratios numbers, times ISO 8601 UTC (venue time). */
export interface FinalReport {
  readonly session_id: string;
  readonly status: ReportStatus;
  readonly stopped_reason: StoppedReason;
  readonly exit_code: number;
  /** The first contract; `symbols` has all. */
  readonly symbol: string;
  readonly symbols: readonly string[];
  readonly strategy: string;
  readonly source: string;
  readonly seed: number;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_seconds: number;
  readonly starting_equity: string;
  readonly ending_equity: string;
  readonly pnl_absolute: string;
  /** Of the starting equity; null where that is not positive. */
  readonly pnl_percent: number | null;
  /** Closed round trips. */
  readonly trades: number;
  readonly fills: number;
  readonly wins: number;
  readonly losses: number;
  /** 0 to 1. */
  readonly win_rate: number | null;
  /** Positive = paid. */
  readonly fees_paid: string;
  /** Positive = paid. */
  readonly funding_paid: string;
  /** Positive = paid; not part of `fees_paid`. */
  readonly liquidation_fees: string;
  readonly spread_cost: string | null;
  readonly impact_cost: string | null;
  readonly latency_cost: string | null;
  /** Random part of parametric fills. These four add up to the distance of all fills from the mids at their decisions. */
  readonly slippage_cost: string | null;
  readonly max_drawdown: string;
  readonly max_drawdown_percent: number | null;
  /** Annualised; see {@link sharpeRatio}. */
  readonly sharpe: number | null;
  readonly profit_factor: number | null;
  readonly exposure_percent: number | null;
  /** What each contract brought, in the order of `symbols`. */
  readonly by_symbol: readonly SymbolResult[];
  /** Open at the end. */
  readonly positions: readonly HeldPosition[];
  readonly liquidations: number;
  readonly orders_denied: number;
  readonly orders_rejected: number;
  readonly reconnects: number | null;
  readonly gaps: number;
  /** Gaps of several contracts, or feeds, at one time count once. */
  readonly gap_seconds: number;
  readonly gaps_backfilled: number;
  /** Seconds of doubtful market data, and the change of equity in them: part of the profit, told apart. */
  readonly doubtful_seconds: number;
  readonly doubtful_pnl: string;
  readonly error_count: number | null;
  readonly events: number;
  readonly state_hash: string | null;
  /** Profit under the three exchanges; null where one did not run, or failed. */
  readonly band: {
    readonly optimistic: string | null;
    readonly realistic: string;
    readonly pessimistic: string | null;
  };
  readonly ledger_difference: string;
  /** Times that the session was interrupted and continued, and the seconds lost by it; absent where it never was. */
  readonly resumed?: number;
  readonly downtime_seconds?: number;
  /** What the session's twin found (`checks.twin`); absent where none ran. */
  readonly checks?: readonly TwinCheck[];
}

/** Whether the strategy decided the same when it was run once more beside the session. */
export interface TwinCheck {
  readonly name: 'lookahead' | 'recursive';
  /** null = it cannot be told; `detail` says why. */
  readonly passed: boolean | null;
  readonly detail: string;
}

/** One contract's part of the result. */
export interface SymbolResult {
  readonly symbol: string;
  readonly trades: number;
  readonly fills: number;
  readonly fees_paid: string;
  readonly funding_paid: string;
  /** All that the ledger moved for it: profit of what was closed, less fees and funding; open positions are not in it. */
  readonly net_pnl: string;
}

export interface FinalReportInputs {
  readonly sessionId: string;
  readonly symbols: readonly string[];
  /** Open at the end. */
  readonly positions: readonly HeldPosition[];
  readonly strategy: string;
  readonly source: string;
  readonly seed: number;
  readonly stoppedReason: StoppedReason;
  /** Venue time. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** Of the session, as the engine had it. */
  readonly startingEquity: string;
  readonly endingEquity: string;
  /** Wallet before the first ledger entry: "0" for a new account, whose deposit is an entry. */
  readonly openingWallet: string;
  readonly endingWallet: string;
  readonly openingPositions: readonly OpeningPosition[];
  readonly events: number;
  readonly stateHash: string | null;
  /** Null where nobody counted. */
  readonly reconnects: number | null;
  readonly errorCount: number | null;
  /** Absent where no twin ran. */
  readonly checks?: readonly TwinCheck[];
  readonly orders: readonly OrderFacts[];
  readonly fills: readonly FillFacts[];
  readonly ledger: readonly LedgerFacts[];
  readonly trades: readonly TradeRow[];
  readonly equity: readonly EquitySample[];
  readonly band: readonly BandRow[];
  readonly quality: readonly QualityRow[];
  readonly lifecycle: readonly LifecycleRow[];
}

export function buildFinalReport(inputs: FinalReportInputs): FinalReport {
  const { fills, trades, quality, startedMs, endedMs } = inputs;
  const pnl = money(parseMoney(inputs.endingEquity) - parseMoney(inputs.startingEquity));
  const pnlAbsolute = formatMoney(pnl);
  const statistics = tradeStatistics(trades);
  const drawdown = maxDrawdown([
    inputs.startingEquity,
    ...inputs.equity.map(({ equity }) => equity),
    inputs.endingEquity,
  ]);
  // Only a band that was carried to its end is a result.
  const end = inputs.band.findLast(({ hash }) => hash !== null);
  const doubt = measureDoubt(quality, [
    { time_ms: startedMs, equity: inputs.startingEquity },
    ...inputs.equity.filter(({ time_ms: timeMs }) => timeMs >= startedMs && timeMs <= endedMs),
    { time_ms: endedMs, equity: inputs.endingEquity },
  ]);
  const gaps = quality.filter(({ kind }) => kind === 'gap');
  // Books that do not close are a violated invariant, whatever the session thought of its end.
  const difference = ledgerDifference(inputs.openingWallet, inputs.endingWallet, inputs.ledger);
  const stoppedReason = difference === '0' ? inputs.stoppedReason : 'invariant_violated';
  return {
    session_id: inputs.sessionId,
    status: reportStatus(stoppedReason, quality, inputs.lifecycle),
    stopped_reason: stoppedReason,
    exit_code: EXIT_CODES[stoppedReason],
    symbol: inputs.symbols[0] ?? '',
    symbols: inputs.symbols,
    strategy: inputs.strategy,
    source: inputs.source,
    seed: inputs.seed,
    started_at: new Date(startedMs).toISOString(),
    ended_at: new Date(endedMs).toISOString(),
    duration_seconds: (endedMs - startedMs) / 1_000,
    starting_equity: inputs.startingEquity,
    ending_equity: inputs.endingEquity,
    pnl_absolute: pnlAbsolute,
    pnl_percent: percentOf(pnl, parseMoney(inputs.startingEquity)),
    trades: trades.length,
    fills: fills.length,
    wins: statistics.wins,
    losses: statistics.losses,
    win_rate: statistics.winRate,
    fees_paid: paid(inputs.ledger, 'fee'),
    funding_paid: paid(inputs.ledger, 'funding'),
    liquidation_fees: paid(inputs.ledger, 'liquidation_fee'),
    spread_cost: sumCost(fills, (fill) => fill.spread_cost),
    impact_cost: sumCost(fills, (fill) => fill.impact_cost),
    latency_cost: sumCost(fills, (fill) => fill.latency_cost),
    slippage_cost: sumCost(fills, (fill) => fill.slippage_cost),
    max_drawdown: drawdown.amount,
    max_drawdown_percent: drawdown.percent,
    sharpe: sharpeRatio(inputs.equity),
    profit_factor: statistics.profitFactor,
    exposure_percent: exposurePercent(inputs.openingPositions, fills, startedMs, endedMs),
    by_symbol: inputs.symbols.map((symbol) => symbolResult(symbol, inputs)),
    positions: inputs.positions,
    liquidations: countLiquidations(inputs.orders),
    orders_denied: countStatus(inputs.orders, 'denied'),
    orders_rejected: countStatus(inputs.orders, 'rejected'),
    reconnects: inputs.reconnects,
    gaps: gaps.length,
    gap_seconds: secondsOf(gaps),
    gaps_backfilled: gaps.filter(({ backfilled }) => backfilled).length,
    doubtful_seconds: doubt.seconds,
    doubtful_pnl: doubt.pnl,
    error_count: inputs.errorCount,
    events: inputs.events,
    state_hash: inputs.stateHash,
    band: {
      optimistic: end?.optimistic ?? null,
      realistic: pnlAbsolute,
      pessimistic: end?.pessimistic ?? null,
    },
    ledger_difference: difference,
    ...interruptions(quality),
    ...(inputs.checks === undefined ? {} : { checks: inputs.checks }),
  };
}

function symbolResult(symbol: string, inputs: FinalReportInputs): SymbolResult {
  const ledger = inputs.ledger.filter((entry) => entry.symbol === symbol);
  return {
    symbol,
    trades: inputs.trades.filter((trade) => trade.symbol === symbol).length,
    fills: inputs.fills.filter((fill) => fill.symbol === symbol).length,
    fees_paid: paid(ledger, 'fee'),
    funding_paid: paid(ledger, 'funding'),
    net_pnl: formatMoney(sumMoney(ledger.map(({ amount }) => amount))),
  };
}

/** Each interruption is recorded once for every contract. */
function interruptions(quality: readonly QualityRow[]): Pick<FinalReport, 'resumed' | 'downtime_seconds'> {
  const ends = new Map(
    quality.filter(({ feed }) => feed === PROCESS_FEED).map(({ from_ms: from, to_ms: to }) => [from, to]),
  );
  if (ends.size === 0) return {};
  const lostMs = [...ends].reduce((sum, [from, to]) => sum + (to - from), 0);
  return { resumed: ends.size, downtime_seconds: lostMs / 1_000 };
}

/** Ending wallet - opening wallet - exact sum of the ledger's amounts, as decimal text; "0" when the books are right. */
export function ledgerDifference(
  openingWallet: string,
  endingWallet: string,
  ledger: readonly LedgerFacts[],
): string {
  const moved = sumMoney(ledger.map(({ amount }) => amount));
  return formatMoney(money(parseMoney(endingWallet) - parseMoney(openingWallet) - moved));
}

function reportStatus(
  stoppedReason: StoppedReason,
  quality: readonly QualityRow[],
  lifecycle: readonly LifecycleRow[],
): ReportStatus {
  if (stoppedReason === 'kill_switch') return 'killed';
  if (EXIT_CODES[stoppedReason] !== 0) return 'error';
  const hasOpenGap = quality.some(({ kind, backfilled }) => kind === 'gap' && !backfilled);
  const isImpaired = lifecycle.some(
    ({ state, reason }) => state === 'halted' || reason === STRATEGY_DISABLED,
  );
  return hasOpenGap || isImpaired ? 'degraded' : 'success';
}

function countStatus(orders: readonly OrderFacts[], wanted: OrderFacts['status']): number {
  return orders.filter(({ status }) => status === wanted).length;
}

/** Liquidations, each of one or more of the venue's own orders: their ids are SESSION-lEVENT-ORDER. */
function countLiquidations(orders: readonly OrderFacts[]): number {
  const events = orders.flatMap(({ order_id: id }) => /-l(\d+)-\d+$/.exec(id)?.[1] ?? []);
  return new Set(events).size;
}

/** What went out under a ledger kind; positive = paid. */
function paid(ledger: readonly LedgerFacts[], kind: LedgerFacts['kind']): string {
  const amounts = ledger.filter((entry) => entry.kind === kind).map(({ amount }) => amount);
  return formatMoney(money(-sumMoney(amounts)));
}
