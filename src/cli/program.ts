/** The command line: which commands and options there are, and what mistakes in using them look like. */

import { readFileSync } from 'node:fs';

import { Command, CommanderError } from '@commander-js/extra-typings';

import { ConfigError, showValue } from '../app/config/config-error.ts';
import { readGlobalSwitch, readGlobalText } from '../app/config/global-variables.ts';
import { SETTINGS } from '../app/config/setting-schemas.ts';
import { type ProgramIo, type TextOutput, answerRefusal } from '../app/program-io.ts';
import type { AnyCommand, CommandContext, GlobalOptions } from './command-context.ts';
import { addAlertsCommand } from './commands/alerts-command.ts';
import { addBacktestCommand } from './commands/backtest-command.ts';
import { addCompletionCommand } from './commands/completion-command.ts';
import { addConfigCommand } from './commands/config-command.ts';
import { addDataCommand } from './commands/data-command.ts';
import { addDiffCommand } from './commands/diff-command.ts';
import { addDoctorCommand } from './commands/doctor-command.ts';
import { addExplainCommand } from './commands/explain-command.ts';
import { addInitCommand } from './commands/init-command.ts';
import { addJournalCommand } from './commands/journal-command.ts';
import { addKillCommand } from './commands/kill-command.ts';
import { addReplayCommand } from './commands/replay-command.ts';
import { addReportCommand } from './commands/report-command.ts';
import { addRunCommand, type HoldSession } from './commands/run-command.ts';
import type { RunRequest } from './run-request.ts';
import { addStatusCommand } from './commands/status-command.ts';
import { addCheckCommand } from './commands/check-command.ts';
import { addSweepCommand } from './commands/sweep-command.ts';
import { addSweepWorkerCommand } from './commands/sweep-worker-command.ts';
import { addStopCommand } from './commands/stop-command.ts';
import { addVenueCommand } from './commands/venue-command.ts';
import { addVerifyCommand } from './commands/verify-command.ts';
import { addWatchCommand } from './commands/watch-command.ts';
import { tellIgnoredVariables } from './setting-options.ts';
import { terminalManners } from './terminal-manners.ts';

const UNEXPECTED_ERROR = 1;
const USAGE_ERROR = 2;

export interface ProgramSurroundings {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly isTty: boolean;
  readonly environment: CommandContext['environment'];
  /** Called before a session is held: what becomes of it stands in its files, whatever becomes of its output. */
  readonly onSession?: () => void;
}

/** Runs one command line (without the interpreter and the script). Returns the exit code; never rejects. */
export async function runProgram(
  argv: readonly string[],
  surroundings: ProgramSurroundings,
): Promise<number> {
  let exitCode = 0;
  const hold: HoldSession = (request, io) => {
    if (!request.isPreflight) surroundings.onSession?.();
    return holdSession(request, surroundings.environment, io);
  };
  const program = createProgram(surroundings, hold, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    const { stdout, stderr } = surroundings;
    const io = { stdout, json: program.opts()['json'] === true || argv.includes('--json') };
    // Help and version are asked for with 0; the rest of commander's endings are mistakes of usage, already told.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      answerRefusal(io, 'config_invalid', [error.message]);
      return USAGE_ERROR;
    }
    if (error instanceof ConfigError) {
      stderr.write(`${error.message}\n`);
      answerRefusal(io, 'config_invalid', error.findings);
      return USAGE_ERROR;
    }
    const failure = describeFailure(error, argv);
    stderr.write(`${failure}\n`);
    answerRefusal(io, 'crashed', [failure]);
    return UNEXPECTED_ERROR;
  }
}

/** One sentence; with `--log-level debug` on the command line also where it happened. */
export function describeFailure(error: unknown, argv: readonly string[]): string {
  if (!(error instanceof Error)) return `Unexpected error: ${String(error)}`;
  const debug = argv.some(
    (word, index) => word === '--log-level=debug' || (word === 'debug' && argv[index - 1] === '--log-level'),
  );
  return debug && error.stack !== undefined
    ? error.stack
    : `Unexpected error: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}`;
}

async function holdSession(
  { settings, workspace, isPreflight }: RunRequest,
  environment: CommandContext['environment'],
  io: ProgramIo,
): Promise<number> {
  tellIgnoredVariables(environment, io);
  if (isPreflight) {
    const { runDoctor } = await import('../app/doctor.ts');
    return runDoctor({ workspace, environment, settings }, io);
  }
  const { runSession } = await import('../app/run.ts');
  return runSession(settings, workspace, io);
}

/**
 * Reads a command line of `la run` without running it: mistakes in it are found, and told, as they would be there.
 * Throws what the parser throws, also where help was asked for.
 */
async function readRun(words: readonly string[], surroundings: ProgramSurroundings): Promise<RunRequest> {
  const requests: RunRequest[] = [];
  const hold: HoldSession = (request) => {
    requests.push(request);
    return 0;
  };
  await createProgram(surroundings, hold, () => {}).parseAsync(words, { from: 'user' });
  const [request] = requests;
  if (request === undefined)
    throw new ConfigError([`expected options of "la run", found ${words.join(' ')}`]);
  return request;
}

/** The commands as they are, to be described: running one does nothing. */
export function describeProgram(): AnyCommand {
  const nowhere = { write: () => {} };
  const surroundings = { stdout: nowhere, stderr: nowhere, isTty: false, environment: {} };
  return createProgram(
    surroundings,
    () => 0,
    () => {},
  );
}

function createProgram(
  surroundings: ProgramSurroundings,
  hold: HoldSession,
  setExitCode: (code: number) => void,
): AnyCommand {
  const { stdout, stderr, isTty, environment } = surroundings;
  const program = new Command('la')
    .description('laptop-agents: autonomous paper trading of Bitunix USDT perpetual futures.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('-w, --workspace <dir>', 'directory of the account, its sessions and logs (default: ".")')
    .option(
      '-c, --config <file>',
      'configuration file (default: laptop-agents.yaml in the workspace, when present)',
    )
    .option('--log-level <level>', 'debug, info, warning, error or critical (default: info)')
    .option('--json', 'machine-readable result on stdout')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) => {
        write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`);
      },
    })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
Examples:
  la run --source simulated --duration 10m     a session on the embedded simulated venue
  la run --symbol ETHUSDT --duration 3d        a session on Bitunix market data
  la watch -- --duration forever               the same, started again after a crash
  la status                                    what is running here
  la report latest --format json               what came of it

Options may stand before or after a command and its operands. Every setting can also stand in laptop-agents.yaml
or in the environment (LA_LEVERAGE=3); "la config show" prints what takes effect.

Exit codes: 0 success, 1 refused or unexpected error, 2 usage or configuration; "la run --help" lists those of a session.

Environment:
  LA_WORKSPACE, LA_CONFIG, LA_JSON=TRUE       the options of these names
  LA_<SETTING>                                a setting: its key in capitals, dots as underscores (docs/configuration.md)
  LA_KILL_SWITCH=TRUE                         ends a session within 2 s; none starts
  LA_ALERTS_TELEGRAM_TOKEN, …                 secrets of alert channels, each also by a file (docs/alerts.md)
  BITUNIX_REST_URL, BITUNIX_WS_URL            another venue that speaks the same wire
  NODE_OPTIONS                                reaches the session's process

Files:
  laptop-agents.yaml                          settings, in the workspace
  kill.txt                                    ends a session while it is there
  logs/alert.txt, logs/heartbeat.json         what a monitor reads
  sessions/ID/report.html                     what came of a session; runs/latest is the newest`,
    );
  const globals = (): GlobalOptions => readGlobalOptions(program.opts(), environment);
  const io = (): ProgramIo => ({
    ...{ stdout, stderr, json: globals().json },
    ...terminalManners(isTty, environment),
  });
  program.hook('preAction', () => {
    globals();
  });
  const context: CommandContext = {
    environment,
    io,
    globals,
    globalWords() {
      const { workspace, configFile, logLevel, json } = globals();
      return [
        `--workspace=${workspace}`,
        ...(configFile === null ? [] : [`--config=${configFile}`]),
        ...(logLevel === null ? [] : [`--log-level=${logLevel}`]),
        ...(json ? ['--json'] : []),
      ];
    },
    readRun: (words) => readRun(words, surroundings),
    async finish(work) {
      setExitCode(await work);
    },
  };
  addRunCommand(program, context, hold);
  addWatchCommand(program, context);
  addStatusCommand(program, context);
  addStopCommand(program, context);
  addKillCommand(program, context);
  addReportCommand(program, context);
  addExplainCommand(program, context);
  addReplayCommand(program, context);
  addVerifyCommand(program, context);
  addJournalCommand(program, context);
  addBacktestCommand(program, context);
  addSweepCommand(program, context);
  addSweepWorkerCommand(program, context);
  addCheckCommand(program, context);
  addDataCommand(program, context);
  addDiffCommand(program, context);
  addAlertsCommand(program, context);
  addConfigCommand(program, context);
  addDoctorCommand(program, context);
  addInitCommand(program, context);
  addVenueCommand(program, context);
  addCompletionCommand(program, context);
  return program;
}

/** What stands before or behind every command, or in the environment. Throws ConfigError. */
function readGlobalOptions(
  given: { workspace?: string; config?: string; logLevel?: string; json?: true },
  environment: CommandContext['environment'],
): GlobalOptions {
  const { workspace, config, logLevel, json } = given;
  const findings: string[] = [];
  // As a variable of the shell that is not set leaves it.
  if (workspace === '') findings.push('--workspace: expected a directory, found ""');
  const { schema, expected } = SETTINGS.log_level;
  if (logLevel !== undefined && !schema.safeParse(logLevel).success)
    findings.push(`--log-level: expected ${expected}, found ${showValue(logLevel)}`);
  if (findings.length > 0) throw new ConfigError(findings);
  return {
    workspace: workspace ?? readGlobalText('workspace', environment) ?? '.',
    configFile: config ?? readGlobalText('config', environment),
    logLevel: logLevel ?? null,
    json: json === true || readGlobalSwitch('json', environment),
  };
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
