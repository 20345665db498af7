/** Somewhere that alerts are delivered to, and the three that there are. */

import { createHmac } from 'node:crypto';
import { type AlertMessage, formatAlertMessage } from './alert-message.ts';
import { POST_LIMIT_MS, postJson } from './post-json.ts';

export const CHANNEL_NAMES = ['webhook', 'telegram', 'discord'] as const;
export type ChannelName = (typeof CHANNEL_NAMES)[number];

export interface DeliveryChannel {
  readonly name: ChannelName;
  /** Resolves when the channel has taken the message. Throws DeliveryError, or the reason of the signal. */
  deliver(message: AlertMessage, signal: AbortSignal): Promise<void>;
}

/** How to reach a channel, secrets included: plain data, never shown. */
export type ChannelAccess =
  | { readonly name: 'webhook'; readonly url: string; readonly secret: string | null }
  | { readonly name: 'telegram'; readonly baseUrl: string; readonly token: string; readonly chat: string }
  | { readonly name: 'discord'; readonly url: string };

/** Longest messages. Sources: Telegram Bot API, sendMessage; Discord developer docs, execute webhook. */
const TELEGRAM_LENGTH_MAXIMUM = 4_096;
const DISCORD_LENGTH_MAXIMUM = 2_000;
/** Discord: show no previews of links. */
const SUPPRESS_EMBEDS = 4;

/** `limitMs`: how long the channel may take to answer. */
export function openChannel(
  access: ChannelAccess,
  allowsPrivate: boolean,
  limitMs = POST_LIMIT_MS,
): DeliveryChannel {
  const { name } = access;
  return {
    name,
    deliver: (message, signal) => postJson({ ...requestOf(access, message), allowsPrivate, limitMs, signal }),
  };
}

interface ChannelRequest {
  readonly url: URL;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function requestOf(access: ChannelAccess, message: AlertMessage): ChannelRequest {
  switch (access.name) {
    case 'webhook':
      return webhookRequest(access.url, access.secret, message);
    case 'telegram':
      return {
        url: new URL(`${access.baseUrl.replace(/\/+$/, '')}/bot${access.token}/sendMessage`),
        body: JSON.stringify({
          chat_id: access.chat,
          text: formatAlertMessage(message, TELEGRAM_LENGTH_MAXIMUM),
          link_preview_options: { is_disabled: true },
        }),
      };
    case 'discord':
      return {
        url: new URL(access.url),
        body: JSON.stringify({
          content: formatAlertMessage(message, DISCORD_LENGTH_MAXIMUM),
          // Whatever a text contains, it calls nobody by name.
          allowed_mentions: { parse: [] },
          flags: SUPPRESS_EMBEDS,
        }),
      };
  }
}

/** The same bytes at every attempt, so that a receiver can tell a repetition by its key. */
function webhookRequest(url: string, secret: string | null, message: AlertMessage): ChannelRequest {
  const body = JSON.stringify({
    id: message.id,
    source: 'laptop-agents',
    alerts: message.alerts.map(({ id, timeMs, lastTimeMs, level, reason, text, count }) => ({
      id,
      time: new Date(timeMs).toISOString(),
      last_time: new Date(lastTimeMs).toISOString(),
      level,
      reason,
      text,
      count,
    })),
    counted: message.counted,
  });
  return {
    url: new URL(url),
    body,
    headers: {
      'idempotency-key': message.id,
      ...(secret === null
        ? {}
        : { 'x-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
    },
  };
}
