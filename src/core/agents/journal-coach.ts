/**
 * Journal coach: what a closed trade teaches, as tags and one sentence.
 *
 * It judges by what was planned: the risk of the entry (1 R), the bars it took, and how it ended. Tags are a closed list.
 */

export type TradeTag =
  | 'winner'
  | 'loser'
  | 'scratch'
  | 'full_target'
  | 'stopped'
  | 'stopped_early'
  | 'slipped_stop'
  | 'fees_ate_it'
  | 'against_flows'
  | 'volatile_entry';

/** A closed trade as its strategy knows it. Money in USDT as floats: for words, not for accounts. */
export interface ClosedTrade {
  readonly netPnl: number;
  readonly grossPnl: number;
  readonly fees: number;
  /** Money at risk at the entry: quantity x distance to the stop. */
  readonly risk: number;
  readonly barsHeld: number;
  readonly exitTag: string;
  readonly isVolatileEntry: boolean;
  readonly isAgainstFlows: boolean;
}

export interface Lesson {
  readonly rMultiple: number;
  readonly tags: readonly TradeTag[];
  readonly lesson: string;
}

/** Results within this many R of zero are scratches. */
const SCRATCH_R = 0.1;
const EARLY_BARS = 2;
/** A stop that cost more than this many R was slipped. */
const SLIPPED_R = -1.15;

export function coach(trade: ClosedTrade): Lesson {
  const rMultiple = trade.netPnl / trade.risk;
  const tags: TradeTag[] = [
    Math.abs(rMultiple) <= SCRATCH_R ? 'scratch' : rMultiple > 0 ? 'winner' : 'loser',
  ];
  if (trade.exitTag === 'take_profit') tags.push('full_target');
  if (trade.exitTag === 'stop_loss') tags.push(trade.barsHeld <= EARLY_BARS ? 'stopped_early' : 'stopped');
  if (trade.exitTag === 'stop_loss' && rMultiple < SLIPPED_R) tags.push('slipped_stop');
  if (trade.grossPnl > 0 && trade.netPnl <= 0) tags.push('fees_ate_it');
  if (trade.isAgainstFlows) tags.push('against_flows');
  if (trade.isVolatileEntry) tags.push('volatile_entry');
  return { rMultiple, tags, lesson: teach(tags) };
}

function teach(tags: readonly TradeTag[]): string {
  const has = (tag: TradeTag): boolean => tags.includes(tag);
  if (has('fees_ate_it'))
    return 'The move paid less than its fees: take setups with more room to the target.';
  if (has('slipped_stop')) return 'The stop filled well beyond its price: expect more than 1 R at risk here.';
  if (has('stopped_early')) {
    return has('volatile_entry')
      ? 'Stopped within two bars in a volatile market: the stop was inside the noise.'
      : 'Stopped within two bars: the entry was early or the stop too near.';
  }
  if (has('stopped') && has('against_flows')) return 'Stopped on the crowded side: the flows had warned.';
  if (has('stopped')) return 'The plan was followed and the market went the other way: one ordinary loss.';
  if (has('full_target')) return 'The plan was followed to its target.';
  if (has('scratch')) return 'Closed near its entry: neither lesson nor loss.';
  return has('winner') ? 'Closed in profit before its target.' : 'Closed at a loss before its stop.';
}
