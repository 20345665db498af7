/** Builds the risk gate, the loss limits and the circuit breakers from the session's start document. */

import { HOUR_MS } from '../base/time.ts';
import { type Instrument, parseMoney, parseQuantity } from '../domain/instrument.ts';
import type { SessionStart } from '../domain/session-start.ts';
import type { Lots } from '../domain/units.ts';
import type { InstrumentMarket } from '../market/instrument-market.ts';
import { CircuitBreakers } from '../risk/circuit-breakers.ts';
import { LossLimits } from '../risk/loss-limits.ts';
import { RiskGate } from '../risk/risk-gate.ts';

/** How long a breaker keeps new risk away where nothing says so. */
const COOLDOWN_MS = HOUR_MS;

export interface RiskParts {
  readonly gate: RiskGate;
  readonly losses: LossLimits;
  readonly breakers: CircuitBreakers;
}

export function assembleRisk(
  { risk, account }: SessionStart,
  markets: readonly Pick<InstrumentMarket, 'instrument'>[],
): RiskParts {
  const gate = new RiskGate({
    maxOrdersPerSecond: risk.max_orders_per_second,
    maxLeverage: risk.max_leverage,
    maxNotional: amountOrNull(risk.max_notional),
    maxPositions: markets.map(({ instrument }) => {
      const limit = risk.max_position?.[instrument.symbol];
      return limit === undefined ? null : wholeLots(instrument, limit);
    }),
    maxTotalNotional: amountOrNull(risk.max_total_notional),
    maxTotalLeverage: risk.max_total_leverage ?? null,
    maxTradeLossPercent: risk.max_trade_loss_percent ?? null,
  });
  const losses = new LossLimits(
    {
      maxDayLossPercent: risk.max_day_loss_percent,
      maxAccountLossPercent: risk.max_account_loss_percent,
      openingBalance: parseMoney(account.opening_balance),
    },
    account.day,
    amountOrNull(account.day_opening_equity),
    account.day_loss_reached ?? false,
  );
  const breakers = new CircuitBreakers(
    {
      maxDrawdownPercent: risk.max_drawdown_percent ?? null,
      maxConsecutiveLosses: risk.max_consecutive_losses ?? null,
      cooldownMs: risk.cooldown_ms ?? COOLDOWN_MS,
    },
    account.breakers,
  );
  return { gate, losses, breakers };
}

/** The whole lots in a limit that may be finer than they. */
function wholeLots(instrument: Instrument, text: string): Lots {
  const [whole = '0', fraction = ''] = text.split('.');
  return parseQuantity(
    instrument,
    `${whole}.${fraction.slice(0, instrument.quantityDecimals).padEnd(1, '0')}`,
  );
}

function amountOrNull(text: string | null | undefined): ReturnType<typeof parseMoney> | null {
  return text === null || text === undefined ? null : parseMoney(text);
}
