/** What one agent of a strategy said of one bar: recorded with the numbers it stands on, and shown. */

export type AgentName =
  | 'market_intake'
  | 'derivatives_flows'
  | 'cvd_divergence'
  | 'setup_signal'
  | 'execution_risk'
  | 'supervisor'
  | 'journal_coach';

export interface AgentVerdict {
  readonly instrument: number;
  /** Open time of the bar it speaks of. */
  readonly barOpenTimeMs: number;
  readonly agent: AgentName;
  /** One snake_case word. */
  readonly verdict: string;
  /** 0 to 1; null where the agent has no measure of it. */
  readonly confidence: number | null;
  readonly reason: string;
  /** What the verdict is based on; null for what was not known. Prices and quantities as decimal text. */
  readonly numbers: Readonly<Record<string, number | string | null>>;
}
