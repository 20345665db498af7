/** What a courier of alerts needs to know, from a session's settings: plain data, so that it can cross into a thread. */

import { AlertCourier, type DeliveryEvent } from '../alerts/alert-courier.ts';
import { type ChannelAccess, openChannel } from '../alerts/delivery-channel.ts';
import type { DeliveryStore } from '../alerts/delivery-store.ts';
import { isQuiet, type QuietHours } from '../alerts/quiet-hours.ts';
import type { AlertLevel } from '../ports/alert-channel.ts';
import { systemClock } from '../ports/wall-clock.ts';
import type { WorkspacePaths } from '../session/workspace-paths.ts';
import type { AlertAccess, AlertSettings } from './config/alert-settings.ts';

export interface CourierTask {
  readonly paths: Pick<WorkspacePaths, 'alerts' | 'alertOutbox' | 'alertDeliveryLock'>;
  readonly channels: readonly { readonly access: ChannelAccess; readonly level: AlertLevel }[];
  /** Size of the alert file before this process wrote to it: what stood there before channels existed is old news. */
  readonly startOffset: number;
  readonly perMinute: number;
  readonly quietHours: QuietHours | null;
  readonly quietLevel: AlertLevel;
  readonly timeZone: string | null;
  readonly allowsPrivate: boolean;
}

export function courierTask(
  paths: CourierTask['paths'],
  settings: AlertSettings,
  { channels }: AlertAccess,
  startOffset: number,
): CourierTask {
  const { perMinute, quietHours, quietLevel, timeZone, allowsPrivate } = settings;
  const { alerts, alertOutbox, alertDeliveryLock } = paths;
  return {
    paths: { alerts, alertOutbox, alertDeliveryLock },
    ...{ channels, startOffset, perMinute, quietHours, quietLevel, timeZone, allowsPrivate },
  };
}

/** Begins to deliver; the caller holds the place of the one that delivers. */
export function startCourier(
  task: CourierTask,
  store: DeliveryStore,
  onEvent: (event: DeliveryEvent) => void,
): AlertCourier {
  const { quietHours, quietLevel, timeZone } = task;
  return new AlertCourier({
    alertsPath: task.paths.alerts,
    store,
    plans: task.channels.map(({ access, level }) => ({
      channel: openChannel(access, task.allowsPrivate),
      level,
    })),
    startOffset: task.startOffset,
    perMinute: task.perMinute,
    quietLevel: (nowMs) => (quietHours !== null && isQuiet(quietHours, timeZone, nowMs) ? quietLevel : null),
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs(),
    random: Math.random,
    onEvent,
  });
}
