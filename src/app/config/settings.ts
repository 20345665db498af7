/** The settings of a session after all their sources were merged and checked: what the rest of the program is built from. */

import type { LiquidationStart } from '../../core/domain/session-start.ts';
import type { Interval } from '../../core/base/time.ts';
import type { LogLevel } from '../../core/domain/outputs.ts';
import type { AlertSettings } from './alert-settings.ts';
import type { FillSettings } from './fill-settings.ts';
import type { RiskSettings } from './risk-settings.ts';

/** Where market data comes from. `path` of a recording is absolute: a file, or the prefix of a recorded L2 session. */
export type SourceSetting =
  | { readonly kind: 'bitunix' }
  | { readonly kind: 'simulated' }
  | { readonly kind: 'recording'; readonly path: string };

/** Where the HTTP server listens; port 0 = any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a value came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'flag'; readonly flag: string }
  /** The manifest of the session that is continued. */
  | { readonly kind: 'session'; readonly sessionId: string };

/** One setting as it stands, in the spelling of the configuration file. */
export interface EffectiveValue {
  readonly value: unknown;
  readonly origin: Origin;
}

export interface Settings extends FillSettings {
  readonly source: SourceSetting;
  /** Upper case, at least one, without repeats; the first is the one that summaries name. */
  readonly symbols: readonly [string, ...string[]];
  readonly interval: Interval;
  /** Name of a built-in strategy, or the absolute path of the user's own file. */
  readonly strategy: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** null = forever. */
  readonly durationMs: number | null;
  /** Opening wallet of a new account, USDT, decimal text. */
  readonly balance: string;
  /** fresh: archive the account and open a new one. resume: continue an interrupted session. */
  readonly account: 'continue' | 'fresh' | 'resume';
  /** The session that is continued; null for a new one. */
  readonly resumes: string | null;
  /** Whether a session may be continued under other code than it began with, and against what is asked for now. */
  readonly acceptsChange: boolean;
  /** null = draw one and record it. */
  readonly seed: number | null;
  readonly leverage: number;
  readonly marginMode: 'isolated' | 'cross';
  readonly positionMode: 'one_way' | 'hedge';
  readonly liquidation: LiquidationStart;
  readonly fillModel: 'book' | 'parametric';
  readonly onEnd: 'flatten' | 'keep';
  /** Whether an optimistic and a pessimistic exchange run beside the session's own. */
  readonly band: 'on' | 'off';
  /** null = off. */
  readonly dashboard: ListenAddress | null;
  readonly logLevel: LogLevel;
  readonly staleTimeoutMs: number;
  readonly minHistoryBars: number;
  /** How long one call of a user's strategy may take. */
  readonly strategyCallBudgetMs: number;
  /** Whether the strategy is run once more beside a session. */
  readonly twin: 'on' | 'off';
  readonly feeTier: number;
  /** Fractions of notional, decimal text, by the fee tier. */
  readonly makerFeeRate: string;
  readonly takerFeeRate: string;
  readonly risk: RiskSettings;
  readonly maxMemoryMb: number;
  /** How long the event loop may stand still before the session is ended from outside of it. */
  readonly freezeTimeoutMs: number;
  readonly alerts: AlertSettings;
  /** Endpoints of the venue, without a trailing slash in `restUrl`. */
  readonly restUrl: string;
  readonly wsUrl: string;
  /** All of the above by configuration key (`risk.max_leverage`), for the manifest and `la config show`. */
  readonly effective: Readonly<Record<string, EffectiveValue>>;
}
