/** Composes the first event of a session from its settings, its contracts and the account it finds. */

import type { InstrumentSpec } from '../core/domain/instrument.ts';
import type { AccountStart, SessionStart } from '../core/domain/session-start.ts';
import type { StrategyInstance } from '../core/strategy/strategy.ts';
import type { Settings } from './config/settings.ts';
import { SessionEndError } from './session-end-error.ts';

export interface StartFacts {
  readonly sessionId: string;
  readonly seed: number;
  readonly source: string;
  readonly specs: readonly InstrumentSpec[];
  readonly strategy: StrategyInstance;
  readonly account: AccountStart;
  readonly marketEndsAfterMs: number | null;
}

/** Throws SessionEndError where the account holds a contract that the session would not watch. */
export function composeStart(settings: Settings, facts: StartFacts): SessionStart {
  const { risk } = settings;
  refuseUnwatched(facts.account, facts.specs);
  return {
    session_id: facts.sessionId,
    seed: facts.seed,
    source: facts.source,
    instruments: facts.specs,
    interval: settings.interval,
    strategy: { name: facts.strategy.name, params: facts.strategy.params },
    duration_ms: settings.durationMs,
    market_ends_after_ms: facts.marketEndsAfterMs,
    min_history_bars: settings.minHistoryBars,
    account: facts.account,
    leverage: settings.leverage,
    margin_mode: settings.marginMode,
    position_mode: settings.positionMode,
    liquidation: settings.liquidation,
    maker_fee_rate: settings.makerFeeRate,
    taker_fee_rate: settings.takerFeeRate,
    fee_tier: settings.feeTier,
    fill_model: settings.fillModel,
    request_latency_ms: settings.requestLatencyMs,
    response_latency_ms: settings.responseLatencyMs,
    fills: settings.fills,
    band: settings.band,
    stale_timeout_ms: settings.staleTimeoutMs,
    on_end: settings.onEnd,
    risk: {
      max_orders_per_second: risk.maxOrdersPerSecond,
      max_day_loss_percent: risk.maxDayLossPercent,
      max_account_loss_percent: risk.maxAccountLossPercent,
      max_notional: risk.maxNotional,
      max_leverage: risk.maxLeverage,
      max_position: risk.maxPosition,
      max_total_notional: risk.maxTotalNotional,
      max_total_leverage: risk.maxTotalLeverage,
      max_trade_loss_percent: risk.maxTradeLossPercent,
      max_drawdown_percent: risk.maxDrawdownPercent,
      max_consecutive_losses: risk.maxConsecutiveLosses,
      max_position_time_ms: risk.maxPositionTimeMs,
      cooldown_ms: risk.cooldownMs,
    },
  };
}

/** A position or an order of a contract without a market could be neither valued, funded nor liquidated. */
function refuseUnwatched({ positions, orders }: AccountStart, specs: readonly InstrumentSpec[]): void {
  const held = new Set([...positions, ...orders].map(({ symbol }) => symbol));
  const unwatched = [...held].filter((symbol) => !specs.some((spec) => spec.symbol === symbol));
  if (unwatched.length === 0) return;
  const options = unwatched.map((symbol) => `--symbol ${symbol}`).join(' ');
  throw new SessionEndError(
    'config_invalid',
    `the account of this workspace has positions or orders in ${unwatched.join(', ')}, which this session does not trade: ` +
      `add ${options}, or begin a new account with --fresh`,
  );
}

/** The account of a workspace that has none yet. */
export function newAccount(balance: string): AccountStart {
  return {
    kind: 'new',
    wallet: balance,
    opening_balance: balance,
    day: null,
    day_opening_equity: null,
    positions: [],
    orders: [],
  };
}
