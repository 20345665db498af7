/** `la doctor` and `la run --preflight`: looks at everything that a session needs before it needs it. */

import { printJson, printTable, type ProgramIo } from './program-io.ts';
import { readAlertAccess } from './config/alert-settings.ts';
import { ConfigError } from './config/config-error.ts';
import type { Settings } from './config/settings.ts';
import type { CheckResult } from './doctor/check-result.ts';
import {
  checkDisk,
  checkMemory,
  checkOpenFiles,
  checkRuntime,
  checkWorkspace,
} from './doctor/machine-checks.ts';
import { loadStrategyMaker, requireFitting, strategyPlaces } from './strategy-loader.ts';
import { checkPort, checkVenue } from './doctor/network-checks.ts';

export interface DoctorSubject {
  readonly workspace: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The settings, or what is wrong with them, a sentence each. */
  readonly settings: Settings | { readonly findings: readonly string[] };
}

/** Prints one line for each check. Returns the exit code: 1 when something would break a session, else 0. */
export async function runDoctor(subject: DoctorSubject, io: ProgramIo): Promise<number> {
  const { settings } = subject;
  const checks = [
    ...checkRuntime(),
    ...checkWorkspace(subject.workspace, subject.environment),
    checkDisk(subject.workspace),
    checkOpenFiles(),
    ...('findings' in settings
      ? [checkMemory(null), ...settings.findings.map((finding) => fail('configuration', finding))]
      : [
          checkMemory(settings.maxMemoryMb),
          { name: 'configuration', status: 'ok', detail: 'valid' } as const,
          await checkStrategy(settings),
          await checkPort(settings.dashboard),
          ...(await checkVenue(settings)),
          checkAlerts(settings, subject.environment),
        ]),
  ];
  const broken = checks.some(({ status }) => status === 'fail');
  if (io.json) printJson(io, { ok: !broken, checks });
  else
    printTable(
      io,
      checks.map(({ name, status, detail }) => [status, name, detail]),
    );
  return broken ? 1 : 0;
}

/** Makes the strategy with its parameters, as a session would. */
async function checkStrategy(settings: Settings): Promise<CheckResult> {
  const { strategy, params, interval } = settings;
  const places = strategyPlaces(settings);
  try {
    const make = await loadStrategyMaker(strategy, params, places);
    requireFitting(make(), interval, places);
    return { name: 'strategy', status: 'ok', detail: strategy };
  } catch (error) {
    if (error instanceof ConfigError) return fail('strategy', error.findings.join('; '));
    throw error;
  }
}

/** Whether alerts have somewhere to go; `la alerts test` tries whether they arrive. */
function checkAlerts({ alerts }: Settings, environment: DoctorSubject['environment']): CheckResult {
  try {
    const names = readAlertAccess(alerts, environment).channels.map(({ access }) => access.name);
    const detail = names.length === 0 ? 'logs/alert.txt alone' : `logs/alert.txt, ${names.join(', ')}`;
    return { name: 'alerts', status: 'ok', detail };
  } catch (error) {
    if (error instanceof ConfigError) return fail('alerts', error.findings.join('; '));
    throw error;
  }
}

function fail(name: string, detail: string): CheckResult {
  return { name, status: 'fail', detail };
}
