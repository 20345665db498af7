/** `la alerts test | status | flush`: whether alerts would arrive, what waits, and delivering it now. */

import { randomBytes } from 'node:crypto';
import { alertFileSize, readAlertFeed } from '../alerts/alert-feed.ts';
import type { AlertMessage } from '../alerts/alert-message.ts';
import { type ChannelName, openChannel } from '../alerts/delivery-channel.ts';
import { DeliveryError } from '../alerts/delivery-error.ts';
import { DeliveryStore, readDeliveryRows, takeDelivery } from '../alerts/delivery-store.ts';
import { parseSpanMs, SECOND_MS } from '../core/base/time.ts';
import { ALERT_LEVELS } from '../ports/alert-line.ts';
import type { AlertLevel } from '../ports/alert-channel.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { workspacePaths } from '../session/workspace-paths.ts';
import { courierTask, startCourier } from './alert-courier-task.ts';
import { type AlertAccess, type AlertSettings, readAlertAccess } from './config/alert-settings.ts';
import { ConfigError, showValue } from './config/config-error.ts';
import { type ProgramIo, printJson, printTable } from './program-io.ts';

export interface AlertsSubject {
  readonly workspace: string;
  readonly settings: AlertSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const NO_CHANNEL =
  'No alert channel is set: alerts go to logs/alert.txt alone. docs/alerts.md says how to set one.\n';

interface ChannelResult {
  readonly channel: ChannelName;
  readonly delivered: boolean;
  /** null where it was delivered. */
  readonly detail: string | null;
}

/** Sends one message to each channel, whatever waits and whatever the hour. Returns 0 when all of them took it, else 1. */
export async function testAlerts(subject: AlertsSubject, io: ProgramIo): Promise<number> {
  const access = readAlertAccess(subject.settings, subject.environment);
  const message = testMessage();
  const results = await Promise.all(
    access.channels.map(async ({ access: channel }): Promise<ChannelResult> => {
      const { name } = channel;
      try {
        const never = new AbortController().signal;
        await openChannel(channel, subject.settings.allowsPrivate).deliver(message, never);
        return { channel: name, delivered: true, detail: null };
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        return { channel: name, delivered: false, detail: `${error.code}: ${error.message}` };
      }
    }),
  );
  const isWhole = results.length > 0 && results.every(({ delivered }) => delivered);
  if (io.json) printJson(io, { ok: isWhole, id: message.id, channels: results });
  else if (results.length === 0) io.stdout.write(NO_CHANNEL);
  else {
    printTable(
      io,
      results.map(({ channel, delivered, detail }) => [
        delivered ? 'ok' : 'fail',
        channel,
        detail ?? 'delivered',
      ]),
    );
  }
  return isWhole ? 0 : 1;
}

function testMessage(): AlertMessage {
  const nowMs = systemClock.nowMs();
  const id = randomBytes(8).toString('hex');
  const text = 'a test of la alerts; nothing has happened';
  return {
    id,
    fromOffset: 0,
    toOffset: 0,
    composedMs: nowMs,
    alerts: [{ id, timeMs: nowMs, lastTimeMs: nowMs, level: 'info', reason: 'test', text, count: 1 }],
    counted: [],
  };
}

interface ChannelState {
  readonly channel: ChannelName;
  readonly level: AlertLevel;
  /** Alerts that the channel was not told yet. */
  readonly waiting: number;
  /** Messages that it took. */
  readonly delivered: number;
  readonly delivered_at: string | null;
  readonly trouble: string | null;
}

/** Prints what each channel has and has not. Returns the exit code. */
export function showAlerts(subject: AlertsSubject, io: ProgramIo): number {
  const states = readStates(subject, readAlertAccess(subject.settings, subject.environment));
  if (io.json) printJson(io, { channels: states });
  else if (states.length === 0) io.stdout.write(NO_CHANNEL);
  else {
    printTable(io, [
      ['CHANNEL', 'LEVEL', 'WAITING', 'DELIVERED', 'LAST', 'TROUBLE'],
      ...states.map((state) => [
        state.channel,
        state.level,
        String(state.waiting),
        String(state.delivered),
        state.delivered_at ?? '-',
        state.trouble ?? '-',
      ]),
    ]);
  }
  return 0;
}

function readStates({ workspace }: AlertsSubject, { channels }: AlertAccess): ChannelState[] {
  const paths = workspacePaths(workspace);
  const rows = readDeliveryRows(paths.alertOutbox);
  return channels.map(({ access, level }) => {
    const row = rows.find(({ name }) => name === access.name);
    return {
      channel: access.name,
      level,
      // A channel that was never used begins with the next alert.
      waiting: row === undefined ? 0 : countWaiting(paths.alerts, row.offset, level),
      delivered: row?.delivered ?? 0,
      delivered_at: isoTime(row?.deliveredMs ?? null),
      trouble: row?.trouble ?? null,
    };
  });
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function countWaiting(path: string, offset: number, level: AlertLevel): number {
  let waiting = 0;
  for (const { alert } of readAlertFeed(path, offset))
    if (alert !== null && ALERT_LEVELS.indexOf(alert.level) >= ALERT_LEVELS.indexOf(level)) waiting++;
  return waiting;
}

/**
 * Delivers what waits, for at most `timeout` (a span, bare numbers in seconds). Returns 0 when nothing waits any more, 1 when something does. Where another
 * process delivers already, it is left to that one.
 */
export async function flushAlerts(subject: AlertsSubject, timeout: string, io: ProgramIo): Promise<number> {
  const limitMs = parseSpanMs(timeout, SECOND_MS);
  if (limitMs === null)
    throw new ConfigError([`--timeout: expected a span such as 60s, found ${showValue(timeout)}`]);
  const access = readAlertAccess(subject.settings, subject.environment);
  const paths = workspacePaths(subject.workspace);
  if (access.channels.length === 0 || alertFileSize(paths.alerts) === 0) return showAlerts(subject, io);
  const place = takeDelivery(paths.alertDeliveryLock);
  if (place === null) {
    io.stderr.write('A running process delivers the alerts of this workspace already.\n');
  } else {
    try {
      const store = DeliveryStore.open(paths.alertOutbox);
      try {
        const task = courierTask(paths, subject.settings, access, alertFileSize(paths.alerts));
        const courier = startCourier(task, store, () => {});
        await courier.settle(limitMs, 'patient');
        await courier.close();
      } finally {
        store.close();
      }
    } finally {
      place.release();
    }
  }
  showAlerts(subject, io);
  return readStates(subject, access).some(({ waiting }) => waiting > 0) ? 1 : 0;
}
