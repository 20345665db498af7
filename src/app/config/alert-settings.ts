/**
 * The settings of where alerts are delivered, and the secrets that go with them.
 *
 * Secrets are no settings: they come from a variable or from a file that a setting names, so that no list of settings, no
 * manifest and no report can hold one. Meaning: docs/alerts.md.
 */

import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import type { ChannelAccess, ChannelName } from '../../alerts/delivery-channel.ts';
import { isTimeZone, parseQuietHours, type QuietHours } from '../../alerts/quiet-hours.ts';
import type { AlertLevel } from '../../ports/alert-channel.ts';
import { ConfigError } from './config-error.ts';
import { setting, type SettingSpec, words } from './setting-spec.ts';

const PER_MINUTE_MAXIMUM = 600;
const SECRET_LENGTH_MAXIMUM = 4_096;
/** Shorter parts of an address are ordinary words. */
const SECRET_PART_LENGTH_MINIMUM = 16;
const LEVEL_WORDS = ['info', 'warning', 'error', 'critical', 'off'] as const;

function channelLevel(
  initial: AlertLevel,
): SettingSpec<z.ZodEnum<{ [Word in (typeof LEVEL_WORDS)[number]]: Word }>> {
  return words(LEVEL_WORDS, initial, null);
}

function secretFile(what: string): SettingSpec<z.ZodNullable<z.ZodString>> {
  return setting({
    schema: z.string().min(1).max(SECRET_LENGTH_MAXIMUM).nullable(),
    expected: `the path of a file with ${what}`,
    initial: null,
    textForm: 'text',
    flag: null,
  });
}

export const ALERT_SETTINGS = {
  'alerts.webhook_level': channelLevel('info'),
  'alerts.webhook_url_file': secretFile('the address of a webhook'),
  'alerts.webhook_secret_file': secretFile('the key that signs what a webhook gets'),
  'alerts.telegram_level': channelLevel('warning'),
  'alerts.telegram_chat': setting({
    schema: z
      .union([z.string(), z.int()])
      .transform(String)
      .refine((text) => /^(?:-?\d{1,20}|@[A-Za-z]\w{3,63})$/.test(text))
      .nullable(),
    expected: 'the id of a chat, or the @name of a channel',
    initial: null,
    textForm: 'text',
    flag: null,
  }),
  'alerts.telegram_token_file': secretFile('the token of a Telegram bot'),
  'alerts.telegram_url': setting({
    schema: z.string().refine((text) => isHttpUrl(text)),
    expected: 'an http:// or https:// URL without a user, a password, "?" and "#"',
    initial: 'https://api.telegram.org',
    textForm: 'text',
    flag: null,
  }),
  'alerts.discord_level': channelLevel('warning'),
  'alerts.discord_url_file': secretFile('the address of a Discord webhook'),
  'alerts.per_minute': setting({
    schema: z.int().min(1).max(PER_MINUTE_MAXIMUM),
    expected: `a whole number from 1 to ${PER_MINUTE_MAXIMUM}`,
    initial: 6,
    textForm: 'number',
    flag: null,
  }),
  'alerts.quiet_hours': setting({
    schema: z
      .string()
      .refine((text) => parseQuietHours(text) !== null)
      .nullable(),
    expected: 'a span of the day such as "22:00-07:00"',
    initial: null,
    textForm: 'text',
    flag: null,
  }),
  'alerts.quiet_level': words(['info', 'warning', 'error', 'critical'], 'critical', null),
  'alerts.time_zone': setting({
    schema: z
      .string()
      .refine((text) => isTimeZone(text))
      .nullable(),
    expected: 'the name of a time zone, such as Europe/Berlin or UTC',
    initial: null,
    textForm: 'text',
    flag: null,
  }),
  'alerts.private_addresses': words(['refuse', 'allow'], 'refuse', null),
} as const;

type AlertValues = {
  readonly [Key in keyof typeof ALERT_SETTINGS]: z.output<(typeof ALERT_SETTINGS)[Key]['schema']>;
};

/** Secrets by the variable that holds them; the setting of the same name with `_file` behind it names a file. */
export const ALERT_SECRET_VARIABLES = [
  'LA_ALERTS_WEBHOOK_URL',
  'LA_ALERTS_WEBHOOK_SECRET',
  'LA_ALERTS_TELEGRAM_TOKEN',
  'LA_ALERTS_DISCORD_URL',
] as const;
type SecretVariable = (typeof ALERT_SECRET_VARIABLES)[number];

export interface AlertSettings {
  /** The least level told to a channel; off = none. */
  readonly levels: Readonly<Record<ChannelName, AlertLevel | 'off'>>;
  /** Absolute paths; null = not set. */
  readonly secretFiles: Readonly<Record<SecretVariable, string | null>>;
  readonly telegramChat: string | null;
  readonly telegramUrl: string;
  readonly perMinute: number;
  readonly quietHours: QuietHours | null;
  readonly quietLevel: AlertLevel;
  /** null = the machine's own. */
  readonly timeZone: string | null;
  readonly allowsPrivate: boolean;
}

/** `locate` makes the path in a setting absolute. */
export function buildAlertSettings(
  values: AlertValues,
  locate: (key: keyof AlertValues) => string | null,
): AlertSettings {
  const hours = values['alerts.quiet_hours'];
  return {
    levels: {
      webhook: values['alerts.webhook_level'],
      telegram: values['alerts.telegram_level'],
      discord: values['alerts.discord_level'],
    },
    secretFiles: {
      LA_ALERTS_WEBHOOK_URL: locate('alerts.webhook_url_file'),
      LA_ALERTS_WEBHOOK_SECRET: locate('alerts.webhook_secret_file'),
      LA_ALERTS_TELEGRAM_TOKEN: locate('alerts.telegram_token_file'),
      LA_ALERTS_DISCORD_URL: locate('alerts.discord_url_file'),
    },
    telegramChat: values['alerts.telegram_chat'],
    telegramUrl: values['alerts.telegram_url'],
    perMinute: values['alerts.per_minute'],
    quietHours: hours === null ? null : parseQuietHours(hours),
    quietLevel: values['alerts.quiet_level'],
    timeZone: values['alerts.time_zone'],
    allowsPrivate: values['alerts.private_addresses'] === 'allow',
  };
}

export interface AlertAccess {
  /** The channels that are switched on, with their secrets. */
  readonly channels: readonly { readonly access: ChannelAccess; readonly level: AlertLevel }[];
  /** Every secret text among them: what must not be shown. */
  readonly secrets: readonly string[];
}

/** Reads the secrets. Throws ConfigError, which shows none of them. */
export function readAlertAccess(
  settings: AlertSettings,
  environment: Readonly<Record<string, string | undefined>>,
): AlertAccess {
  const findings: string[] = [];
  const read = (variable: SecretVariable): string | null =>
    readSecret(variable, environment[variable], settings.secretFiles[variable], findings);
  const readUrl = (variable: SecretVariable): string | null => {
    const url = read(variable);
    if (url === null || isHttpUrl(url, true)) return url;
    findings.push(`${variable}: expected an http:// or https:// URL without a user or password`);
    return null;
  };
  const webhookUrl = readUrl('LA_ALERTS_WEBHOOK_URL');
  const webhookSecret = read('LA_ALERTS_WEBHOOK_SECRET');
  const telegramToken = read('LA_ALERTS_TELEGRAM_TOKEN');
  const discordUrl = readUrl('LA_ALERTS_DISCORD_URL');
  const { telegramChat: chat, telegramUrl: baseUrl, levels } = settings;
  if (telegramToken !== null && !/^[\w:-]+$/.test(telegramToken))
    findings.push('LA_ALERTS_TELEGRAM_TOKEN: expected the token of a bot, found other characters in it');
  if (telegramToken !== null && chat === null)
    findings.push('alerts.telegram_chat: expected the id of a chat beside the token of a bot, found none');
  if (findings.length > 0) throw new ConfigError(findings);
  const accesses: ChannelAccess[] = [
    ...(webhookUrl === null
      ? []
      : [{ name: 'webhook', url: webhookUrl, secret: webhookSecret } satisfies ChannelAccess]),
    ...(telegramToken === null || chat === null
      ? []
      : [{ name: 'telegram', baseUrl, token: telegramToken, chat } satisfies ChannelAccess]),
    ...(discordUrl === null ? [] : [{ name: 'discord', url: discordUrl } satisfies ChannelAccess]),
  ];
  return {
    channels: accesses.flatMap((access) => {
      const level = levels[access.name];
      return level === 'off' ? [] : [{ access, level }];
    }),
    secrets: [webhookUrl, webhookSecret, telegramToken, discordUrl].flatMap(secretTexts),
  };
}

/** The text itself and, of an address, the part behind its host, in which its secret lies. */
function secretTexts(secret: string | null): string[] {
  if (secret === null) return [];
  if (!URL.canParse(secret) || !/^https?:/.test(secret)) return [secret];
  const { pathname, search } = new URL(secret);
  const parts = pathname.split('/').filter((part) => part.length >= SECRET_PART_LENGTH_MINIMUM);
  return [secret, `${pathname}${search}`, ...parts];
}

function readSecret(
  variable: SecretVariable,
  given: string | undefined,
  file: string | null,
  findings: string[],
): string | null {
  const text = given?.trim() ?? '';
  if (text !== '') return text;
  if (file === null) return null;
  try {
    if (statSync(file).size > SECRET_LENGTH_MAXIMUM) {
      findings.push(`${variable}: expected at most ${SECRET_LENGTH_MAXIMUM} bytes in ${file}, found more`);
      return null;
    }
    const found = readFileSync(file, 'utf8').trim();
    if (found !== '' && !/\s/.test(found)) return found;
    findings.push(`${variable}: expected one word in ${file}, found ${found === '' ? 'nothing' : 'more'}`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    findings.push(`${variable}: expected a readable file ${file}, found ${code}`);
  }
  return null;
}

function isHttpUrl(text: string, allowsQuery = false): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const isPlain = username === '' && password === '' && hash === '';
  return (protocol === 'https:' || protocol === 'http:') && isPlain && (allowsQuery || search === '');
}
