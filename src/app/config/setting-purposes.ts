/** What each setting is for, in words: for the configuration reference and the file that `la init` writes. */

import type { SettingKey } from './setting-schemas.ts';

/** Whole sentences; what the value may be is said by its schema. */
export const SETTING_PURPOSES: Readonly<Record<SettingKey, string>> = {
  source:
    'Where market data comes from: the venue, a simulated venue inside the process, or a recorded market. Relative paths count from the configuration file, on the command line from the working directory.',
  symbols: 'The instruments to trade; the first is the one that summaries name.',
  interval: 'The bar interval of the strategy.',
  strategy: 'What decides: a built-in strategy, or a TypeScript file of your own (docs/strategies.md).',
  params: 'Parameters of the strategy, checked by its own schema.',
  duration: 'How long the session trades.',
  balance: 'Opening wallet of a new account, USDT. An account that is there already keeps its own.',
  seed: 'Seed of every random draw of the session; drawn and recorded where it is not set.',
  leverage: 'Leverage of the account.',
  margin_mode: 'Whether a position risks its own margin alone (isolated) or the whole wallet (cross).',
  position_mode: 'One net position a contract, or a long and a short one side by side.',
  fill_model:
    'How orders fill where there is an order book: by the book, or by formula (docs/fill-model.md). Without a book it is always by formula.',
  band: 'Whether an optimistic and a pessimistic exchange run beside the realistic one.',
  on_end: 'What happens to open positions and working orders at the end.',
  dashboard:
    'Address of the dashboard and the HTTP interface. A busy port moves to the next free one; beyond loopback, reads need the token as well.',
  log_level: 'The lowest level written to logs/system.jsonl.',
  'market_data.stale_timeout':
    'Age of the market data that halts trading; after ten times that the session ends with exit 5.',
  'engine.min_history_bars':
    'Bars that must be there before the first order; where the strategy needs more, that counts.',
  'engine.strategy_call_budget':
    'How long one call of your own strategy may take before it is cut off; see docs/strategies.md.',
  'checks.twin':
    'Whether the strategy is run once more beside a session, and once more with less history, and both are held against it; see docs/strategies.md.',
  'exchange.request_latency':
    'Time of an order from its decision to the exchange; the median where it is drawn.',
  'exchange.response_latency':
    'Time of an answer from the exchange to the strategy; the median where it is drawn.',
  'latency.model':
    'Whether latency is constant, drawn from a distribution, or drawn from what the session measured.',
  'latency.minimum': 'The least that a drawn latency can be.',
  'latency.request_p99': 'The 99th percentile of a drawn request latency.',
  'latency.response_p99': 'The 99th percentile of a drawn response latency.',
  'fills.queue_exponent':
    'How much of the cancels at a level stood ahead of a resting order: a larger number moves it forward less.',
  'fills.full_book_interval': 'How often a full book is fetched, for fills behind the displayed levels.',
  'parametric.model': 'The impact formula where fills are by formula.',
  'parametric.simulated_liquidity': 'Linear impact: the notional, USDT, that moves the price by its unit.',
  'parametric.coefficient': 'Square-root impact: the factor before sigma and the root.',
  'parametric.half_spread_bps': 'Half of the spread that a taker pays, in basis points.',
  'parametric.max_slippage_bps': 'The most of a random slippage, in basis points.',
  'parametric.max_volume_share': 'The share of a bar’s volume that all orders together may have.',
  'liquidation.on_event': 'Whether a liquidation ends the session (exit 6) or it goes on with what is left.',
  'liquidation.fee_rate': 'Fee of a liquidation, a fraction of the notional that is closed.',
  'liquidation.tier_rule':
    'Whether the maintenance tier goes by the size of the position or by its leverage.',
  'fees.tier': 'The VIP tier whose maker and taker fees are paid.',
  'risk.max_orders_per_second': 'Orders beyond it are denied.',
  'risk.max_day_loss_percent':
    'Loss of the UTC day, of its opening equity, from which only reducing orders pass until the next day.',
  'risk.max_account_loss_percent': 'Loss of the account, of its opening, that ends the session with exit 6.',
  'risk.max_notional':
    'The largest notional of one position, USDT; none beyond leverage and tiers where not set.',
  'risk.max_leverage':
    'The largest notional of one position over equity; the session’s leverage where not set.',
  'risk.max_position': 'The largest quantity of a position, by symbol.',
  'risk.max_total_notional': 'The largest notional of all positions together, USDT.',
  'risk.max_total_leverage': 'The largest notional of all positions together over equity.',
  'risk.max_trade_loss_percent':
    'What a single trade may lose, of the equity: at its own stop when it is entered, and while it is in hand.',
  'risk.max_drawdown_percent': 'Distance from the highest equity at which no new risk is taken.',
  'risk.max_consecutive_losses': 'Losing trades in a row after which no new risk is taken for a while.',
  'risk.max_position_time': 'How long a position may stay open; then it is closed at market.',
  'risk.cooldown': 'How long no new risk is taken after a limit that passes by itself was reached.',
  'resources.max_memory_mb': 'Resident memory, MiB, beyond which the session ends with exit 4.',
  'resources.freeze_timeout':
    'How long the event loop may stand still before the session is ended from outside of it.',
  'alerts.webhook_level': 'The least level told to the webhook.',
  'alerts.webhook_url_file':
    'Where the address of the webhook stands. The variable LA_ALERTS_WEBHOOK_URL holds the address itself.',
  'alerts.webhook_secret_file':
    'Where the key stands that signs what the webhook gets. The variable LA_ALERTS_WEBHOOK_SECRET holds the key itself.',
  'alerts.telegram_level': 'The least level told in Telegram.',
  'alerts.telegram_chat': 'The chat that a Telegram bot writes to.',
  'alerts.telegram_token_file':
    'Where the token of the bot stands. The variable LA_ALERTS_TELEGRAM_TOKEN holds the token itself.',
  'alerts.telegram_url': 'The server of the Telegram Bot API, if it is one of your own.',
  'alerts.discord_level': 'The least level told in Discord.',
  'alerts.discord_url_file':
    'Where the address of the Discord webhook stands. The variable LA_ALERTS_DISCORD_URL holds the address itself.',
  'alerts.per_minute':
    'Messages that a channel gets within a minute at most; what comes in between goes together.',
  'alerts.quiet_hours': 'The time of day in which only urgent alerts are told.',
  'alerts.quiet_level': 'The least level told in quiet hours.',
  'alerts.time_zone': 'The time zone of the quiet hours; the machine’s own where not set.',
  'alerts.private_addresses':
    'Whether alerts may go to this machine or the local network, and over plain http.',
};
