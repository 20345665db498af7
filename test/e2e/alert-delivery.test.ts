/**
 * Alerts on their way to people, through sessions that crash, are killed and are started again, while the receiver is
 * down, limits and fails: every one arrives, once and in order, and no secret is left anywhere.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { AlertSink } from '../builders/alert-sink.ts';
import { endPrograms, type Program, startProgram, waitFor, words } from './support/program.ts';
import {
  makeWorkspace,
  readAlerts,
  readSystemLog,
  removeWorkspaces,
  waitUntilBeats,
} from './support/workspace.ts';

const TEST_LIMIT_MS = 180_000;
const DELIVERY_LIMIT_MS = 40_000;

const WEBHOOK_CANARY = 'canary-webhook-7f3a91c2d4';
const TELEGRAM_CANARY = '987654321:canary-telegram-5b20e8';

let sink = new AlertSink();
const secrets = mkdtempSync(join(tmpdir(), 'la-secrets-'));

afterAll(async () => {
  await endPrograms();
  removeWorkspaces();
  await sink.close();
  rmSync(secrets, { recursive: true });
});

test(
  'alerts outlive an outage, a crash, a kill and three processes',
  async () => {
    const workspace = makeWorkspace();
    await sink.close();
    sink = new AlertSink();
    await sink.open();
    const tokenFile = join(secrets, 'telegram-token');
    writeFileSync(tokenFile, `${TELEGRAM_CANARY}\n`, { mode: 0o600 });
    const start = (more: Record<string, string> = {}): Program =>
      startProgram(
        [...words('run --source simulated --strategy none --duration 60s'), '--workspace', workspace],
        {
          env: {
            LA_DASHBOARD: 'off',
            LA_ALERTS_WEBHOOK_URL: `${sink.url}/hook/${WEBHOOK_CANARY}`,
            LA_ALERTS_TELEGRAM_TOKEN_FILE: tokenFile,
            LA_ALERTS_TELEGRAM_CHAT: '42',
            LA_ALERTS_TELEGRAM_URL: sink.url,
            LA_ALERTS_PRIVATE_ADDRESSES: 'allow',
            NODE_OPTIONS: `--report-on-signal --report-directory=${join(workspace, 'logs')}`,
            ...more,
          },
        },
      );

    // Nobody takes the alert of the first session.
    await sink.close();
    const crashed = await start({ LA_TEST_CRASH: 'running' }).ended;
    expect(crashed.code).toBe(1);
    expect(readAlerts(workspace)).toHaveLength(1);

    // The second session delivers it, past a limit and an error, and is killed.
    await sink.open();
    sink.script.push(
      { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
      { kind: 'status', status: 502 },
    );
    const killed = start();
    // Once it is on record that they were taken: what is not is told again by the next.
    const delivered = (count: number) => (): true | null =>
      readSystemLog(workspace).filter(({ event }) => event === 'alert_delivered').length >= count || null;
    await waitFor(killed, 'delivery', DELIVERY_LIMIT_MS, delivered(2));
    expect(sink.taken).toHaveLength(2);
    await waitUntilBeats(killed, workspace, 'session that runs', isRunningIn(killed));
    killed.process.kill('SIGUSR2');
    await waitFor(killed, 'diagnostic report', DELIVERY_LIMIT_MS, () =>
      readdirSync(join(workspace, 'logs')).some((name) => name.startsWith('report.')) ? true : null,
    );
    killed.process.kill('SIGKILL');
    const killedEnd = await killed.ended;

    // The third tells of its end.
    const { told: serviceSays, environment } = standInForSystemdNotify();
    const last = start(environment);
    await waitUntilBeats(last, workspace, 'session that runs', isRunningIn(last));
    const signs = (): string[] => readFileSync(serviceSays, 'utf8').trim().split('\n');
    // A third of the time that the manager waits for a sign of life.
    await waitFor(last, 'sign of life', DELIVERY_LIMIT_MS, () => (signs().length >= 2 ? true : null));
    await waitFor(last, 'delivery', DELIVERY_LIMIT_MS, delivered(4));
    last.process.kill('SIGTERM');
    const ended = await last.ended;
    expect(ended.code).toBe(0);
    // What says it may still be on its way when the session has gone.
    await expect.poll(() => signs().at(-1), { timeout: DELIVERY_LIMIT_MS }).toBe('STOPPING=1');
    const [ready, ...others] = signs();
    expect(ready).toMatch(/^READY=1 WATCHDOG=1 STATUS=session \S+ starting$/);
    expect(others.some((line) => line.startsWith('WATCHDOG=1'))).toBe(true);

    const raised = readAlerts(workspace).map(({ text }) => text);
    expect(raised).toHaveLength(2);
    expect(raised[1]).toContain('ended without a report');
    const hooks = sink.taken.filter(({ path }) => path === `/hook/${WEBHOOK_CANARY}`);
    const told = hooks.flatMap(({ body }) =>
      (JSON.parse(body) as { alerts: { text: string }[] }).alerts.map(({ text }) => text),
    );
    expect(told).toEqual(raised);
    const messages = sink.taken.filter(({ path }) => path === `/bot${TELEGRAM_CANARY}/sendMessage`);
    expect(messages).toHaveLength(2);
    for (const [index, text] of raised.entries()) expect(messages[index]?.body).toContain(text.slice(0, 40));

    const said = [crashed, killedEnd, ended].map(({ stdout, stderr }) => stdout + stderr);
    expectNoSecret(said.join(''), 'what the programs printed');
    const files = readdirSync(workspace, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(10);
    for (const entry of files) {
      const path = join(entry.parentPath, entry.name);
      expectNoSecret(readFileSync(path, 'latin1'), path);
    }
  },
  TEST_LIMIT_MS,
);

/** What a service manager is told, a message a line, by a program that is found before the real one. */
function standInForSystemdNotify(): { told: string; environment: Record<string, string> } {
  const told = join(secrets, 'service');
  writeFileSync(join(secrets, 'systemd-notify'), `#!/bin/sh\necho "$*" >>'${told}'\n`, { mode: 0o755 });
  return {
    told,
    environment: {
      PATH: `${secrets}:${process.env['PATH'] ?? ''}`,
      NOTIFY_SOCKET: join(secrets, 'socket'),
      WATCHDOG_USEC: '3000000',
    },
  };
}

/** The heartbeat of a killed session still says that it runs. */
function isRunningIn(program: Program): (beat: { readonly state: string; readonly pid: number }) => boolean {
  return ({ state, pid }) => state === 'running' && pid === program.process.pid;
}

/** In any of the spellings in which secrets leak. */
function expectNoSecret(text: string, place: string): void {
  for (const secret of [WEBHOOK_CANARY, TELEGRAM_CANARY, TELEGRAM_CANARY.split(':')[1] ?? '']) {
    const bytes = Buffer.from(secret);
    const spellings = [
      secret,
      encodeURIComponent(secret),
      bytes.toString('hex'),
      bytes.toString('base64').replace(/=+$/, ''),
      secret.split('').toReversed().join(''),
    ];
    for (const spelling of spellings) expect(text.includes(spelling), `${spelling} in ${place}`).toBe(false);
  }
}
