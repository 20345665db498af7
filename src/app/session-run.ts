/**
 * One session in a workspace that is ours: wires the live session to heartbeat, operator, signals, limits and server,
 * and turns its end into files, an alert and an exit code.
 */

import type { AlertFile } from '../alerts/alert-file.ts';
import { EXIT_CODES, type StoppedReason } from '../core/domain/reasons.ts';
import { formatMoney } from '../core/domain/instrument.ts';
import type { LifecycleState } from '../core/domain/outputs.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { EngineStatus } from '../core/engine/engine-state.ts';
import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import type { SecretScrubber } from '../ports/secret-scrubber.ts';
import { systemClock } from '../ports/wall-clock.ts';
import { formatSummary } from '../report/console-summary.ts';
import type { FinalReport } from '../report/final-report.ts';
import { Heartbeat, type HeartbeatView } from '../session/heartbeat.ts';
import { countOpenFiles } from '../session/open-files.ts';
import { watchOperator } from '../session/operator-watch.ts';
import { ResourceGuard } from '../session/resource-guard.ts';
import { ResourceSampler, freeDiskMb } from '../session/resource-sampler.ts';
import type { SystemLog } from '../session/system-log.ts';
import type { SystemdNotifier } from '../session/systemd-notifier.ts';
import { type CrashPhase, crashSoon } from '../session/test-crash.ts';
import type { WorkspacePaths } from '../session/workspace-paths.ts';
import { DiskReserve, RESERVE_BYTES } from '../storage/disk-reserve.ts';
import { AccountKeeper } from './account-keeper.ts';
import type { Settings } from './config/settings.ts';
import { LoopWatchdog } from './loop-watchdog.ts';
import { LiveSession } from './live-session.ts';
import type { OpenedSession } from './open-session.ts';
import { type ProgramIo, printJson } from './program-io.ts';
import { keepAlerts } from './session-alerts.ts';
import { SessionDashboard } from './session-dashboard.ts';
import { SessionEndError, toSessionEnd } from './session-end-error.ts';
import { writeResult } from './session-result.ts';
import { logRecovery } from './recovery-lines.ts';
import { lastEvents } from './status-glance.ts';
import type { OverrunReports } from './strategy-guard.ts';
import type { StrategyMaker } from './strategy-loader.ts';
import { type SessionProgress, openProgress } from './terminal/open-progress.ts';

/** The kill switch waits so long for the closing orders; then the session ends with what is open. */
const KILL_PATIENCE_MS = 1_000;

/** Uncaught errors that are logged with their origin; a storm of them must not fill the disk. */
const LOGGED_CRASHES_MAXIMUM = 20;

export interface SessionRunOptions {
  readonly settings: Settings;
  readonly paths: WorkspacePaths;
  readonly io: ProgramIo;
  readonly log: SystemLog;
  readonly alerts: AlertFile;
  readonly scrubber: SecretScrubber;
  /** null where no service manager wants to know. */
  readonly service: SystemdNotifier | null;
  readonly sessionId: string;
  /** Gives a fresh strategy at every call. */
  readonly createStrategy: StrategyMaker;
  /** Of the guards of those strategies. */
  readonly overruns: OverrunReports;
  readonly opened: OpenedSession;
  /** The phase in which a test wants this session to fail; null = none. */
  readonly testCrash: CrashPhase | null;
}

export class SessionRun {
  readonly #options: SessionRunOptions;
  readonly #live: LiveSession;
  readonly #progress: SessionProgress;
  readonly #keeper: AccountKeeper;
  readonly #guard: ResourceGuard;
  readonly #opened: OpenedSession;
  /** Null until it is held. */
  #reserve: DiskReserve | null = null;
  readonly #openedMs = systemClock.nowMs();
  /** Null where the settings want none. */
  readonly #dashboard: SessionDashboard | null;
  /** Set by what the engine does not know; the report's last word on why the session ended. */
  #end: SessionEndError | null = null;
  /** starting to running or ended, as the engine has it; closing: results are made; ended: they are written. */
  #phase: 'open' | 'closing' | 'ended' = 'open';
  #crashes = 0;
  #crashPhase: CrashPhase | null;

  constructor(options: SessionRunOptions) {
    this.#options = options;
    const { settings, paths, io, log, sessionId, createStrategy, opened } = options;
    this.#crashPhase = options.testCrash;
    this.#opened = opened;
    const cutBytes = opened.recovered?.cutBytes ?? 0;
    if (cutBytes > 0) {
      const text = `The event log ended in ${cutBytes} bytes that were not whole; they are cut off`;
      log.log('warning', 'log_tail_cut', text, { bytes: cutBytes });
    }
    if (opened.recovered !== null) logRecovery(opened.recovered.course, log);
    this.#keeper = new AccountKeeper(opened.accounts, sessionId, systemClock);
    this.#progress = openProgress(io, {
      startingEquity: () => this.#live.amounts().startingEquity,
      events: () => lastEvents(log.recent.after(0).map(({ text }) => text)),
      nowMs: () => systemClock.monotonicMs(),
    });
    this.#live = new LiveSession({
      settings,
      sessionId,
      createStrategy,
      overruns: options.overruns,
      opened,
      clock: systemClock,
      logger: log,
      alerts: options.alerts,
      note: (text) => this.#progress.note(text),
      keeper: this.#keeper,
      reserve: { spend: () => this.#reserve?.spend() ?? false },
    });
    this.#dashboard =
      settings.dashboard === null
        ? null
        : new SessionDashboard({
            ...options,
            address: settings.dashboard,
            live: this.#live,
            note: (text) => this.#progress.note(text),
            warn: (text) => this.#progress.warn(text),
            kill: () => this.#kill('over HTTP'),
          });
    this.#guard = new ResourceGuard({
      logger: log,
      maxMemoryMb: settings.maxMemoryMb,
      freeDiskMb: () => freeDiskMb(paths.root),
      openFiles: countOpenFiles,
      onLimit: (reason, detail) => this.#live.command({ type: 'stop', reason, detail }),
    });
  }

  /** Asks for a graceful end. */
  stop(signal: string): void {
    this.#live.command({ type: 'stop', reason: 'signal', detail: signal });
  }

  /** Ends a session that was asked already, without waiting for what is open. */
  hurry(signal: string): void {
    this.#live.command({ type: 'end_now', reason: 'signal', detail: `${signal} again` });
  }

  /** The program itself failed: nothing of it is asked any more but its results. */
  crash(error: unknown): void {
    const end = toSessionEnd(error);
    if (this.#crashes++ < LOGGED_CRASHES_MAXIMUM) {
      const origin = error instanceof Error ? (error.stack ?? null) : null;
      this.#options.log.log('critical', 'uncaught_error', end.message, { origin });
    }
    this.#end ??= end;
    this.#live.fail(this.#end);
  }

  /** Holds the session to its end; returns the exit code. */
  async hold(): Promise<number> {
    const { settings, paths, log } = this.#options;
    const sampler = new ResourceSampler();
    const heartbeat = new Heartbeat({
      path: paths.heartbeat,
      clock: systemClock,
      view: () => this.#heartbeatView(),
      sampleResources: () => sampler.sample(),
      onBeat: (fields) => {
        this.#options.service?.alive(`session ${fields.session_id ?? ''} ${fields.state}`);
        this.#onBeat(fields);
      },
      onError: (error) =>
        log.log('error', 'heartbeat_failed', error instanceof Error ? error.message : String(error)),
    });
    const operator = watchOperator({
      paths,
      environment: process.env,
      onKill: (cause) => this.#kill(cause),
      onStop: () => this.#live.command({ type: 'stop', reason: 'stop_requested', detail: null }),
      onError: (error) =>
        log.log('error', 'operator_watch_failed', error instanceof Error ? error.message : String(error)),
    });
    const watchdog = new LoopWatchdog({
      sessionId: this.#options.sessionId,
      freezeTimeoutMs: settings.freezeTimeoutMs,
      logLevel: settings.logLevel,
      paths,
      onFrozen: () =>
        this.crash(new Error(`the event loop was frozen for ${settings.freezeTimeoutMs / 1_000} s`)),
      onError: (error) =>
        log.log('error', 'watchdog_failed', error instanceof Error ? error.message : String(error)),
    });
    this.#options.overruns.watch(() => watchdog.isFrozen);
    heartbeat.start();
    try {
      this.#reserve = DiskReserve.hold(this.#opened.folder.reserveFile, () => this.#onDiskFull());
      this.#testCrash('startup');
      await this.#dashboard?.start(() => heartbeat.current());
      await this.#live.run();
    } catch (error) {
      this.#end ??= toSessionEnd(error);
    }
    this.#phase = 'closing';
    this.#options.service?.stopping();
    operator.close();
    this.#progress.end();
    await this.#close();
    await watchdog.stop();
    // What follows is long synchronous work; whoever watches the heartbeat is told so by its state.
    heartbeat.beat();
    try {
      return this.#conclude();
    } finally {
      this.#phase = 'ended';
      heartbeat.stop();
      sampler.close();
    }
  }

  /** Cancels and flattens; ends with what is open where that is not possible in time. */
  #kill(cause: string): void {
    this.#live.command({ type: 'stop', reason: 'kill_switch', detail: cause });
    setTimeout(() => {
      const detail = `${cause}; not closed within ${KILL_PATIENCE_MS} ms`;
      this.#live.command({ type: 'end_now', reason: 'kill_switch', detail });
    }, KILL_PATIENCE_MS).unref();
  }

  #testCrash(phase: CrashPhase): void {
    if (this.#crashPhase !== phase) return;
    this.#crashPhase = null;
    crashSoon(phase);
  }

  /** What was held back is free: enough to close, to record the end and to report it. */
  #onDiskFull(): void {
    const detail = 'there is no room left on the disk; the session ends on what it had held back';
    this.#options.log.log('critical', 'disk_full', 'Disk Full', { reserve_bytes: RESERVE_BYTES });
    this.#live.command({ type: 'stop', reason: 'disk_full', detail });
  }

  /** Frees connections and files. What fails in it is an end like any other. */
  async #close(): Promise<void> {
    // What follows may write all it has to.
    this.#reserve?.release();
    this.#testCrash('shutdown');
    try {
      // First, because who reads the journal keeps it from being closed as a whole.
      await this.#dashboard?.close();
      await this.#live.close();
    } catch (error) {
      this.#end ??= toSessionEnd(error);
    }
    // One more turn, so that what the closing threw without anyone awaiting it is still heard.
    await new Promise(setImmediate);
  }

  /** Leaves and prints the session's result; returns the exit code. */
  #conclude(): number {
    const { io, alerts, scrubber } = this.#options;
    try {
      const report = this.#leave();
      if (io.json) printJson(io, report);
      else
        io.stdout.write(formatSummary(report, { color: io.color, reportPath: this.#opened.folder.htmlFile }));
      return report.exit_code;
    } catch (error) {
      // Where the result cannot be written, the first reason is still the one that counts.
      const failure = toSessionEnd(error);
      if (this.#end === null) this.#fail(failure.reason, failure.message);
      else io.stderr.write(`${scrubber.scrub(`the result is not complete: ${failure.message}`)}\n`);
      alerts.close();
      return EXIT_CODES[(this.#end ?? failure).reason];
    }
  }

  /** Tells of an end that is no success: the log, the alerts and whoever watches. */
  #fail(reason: StoppedReason, detail: string | null): void {
    const { alerts, log, io, scrubber } = this.#options;
    const code = EXIT_CODES[reason];
    log.log('critical', 'session_failed', `Session ended: ${reason}`, { reason, detail, exit_code: code });
    // A mistake of usage is told to the one who made it, not to whoever watches the alerts.
    if (code !== EXIT_CODES.config_invalid) alerts.raise('critical', reason, detail ?? 'the session ended');
    io.stderr.write(`${reason}: ${scrubber.scrub(detail ?? 'the session ended')}\n`);
  }

  /** Writes the session's results; the first reason of an end that was found stands. */
  #leave(): FinalReport {
    const { alerts, log } = this.#options;
    const { folder, manifest, account, recovered } = this.#opened;
    const { engine, eventLog } = this.#live;
    const reason = this.#end?.reason ?? engine?.endReason ?? 'crashed';
    const detail = this.#end?.message ?? engine?.endDetail ?? null;
    if (EXIT_CODES[reason] !== 0) this.#fail(reason, detail);
    this.#keeper.settle();
    // As of the last whole block that is in the journal: an engine that failed within one counts to there.
    const { status } = this.#keeper;
    const isWhole = engine !== null && engine.status().events === eventLog?.events;
    const report = writeResult({
      ...this.#live.amounts(),
      folder,
      manifest: {
        ...manifest,
        symbols: this.#live.symbols,
        source: this.#live.sourceLabel ?? manifest.source,
        is_resumable: isResumable(engine, reason),
      },
      stoppedReason: reason,
      startedMs: status?.startedTimeMs ?? this.#openedMs,
      endedMs: status?.timeMs ?? systemClock.nowMs(),
      openingWallet: status === null || account.kind === 'carried' ? account.wallet : '0',
      openingPositions: account.positions,
      events: eventLog?.events ?? 0,
      stateHash: isWhole ? engine.stateHash() : null,
      logChain: eventLog?.chain ?? null,
      reconnects: Object.values(this.#live.view().feeds).reduce(
        (sum, feed) => sum + feed.reconnects,
        recovered?.reconnects.total ?? 0,
      ),
      errorCount: log.errors,
      hasJournal: this.#live.hasJournal,
      ...(this.#live.checks === null ? {} : { checks: this.#live.checks }),
      alertsFile: this.#options.paths.alerts,
      localEndMs: systemClock.nowMs(),
      onReport: (made) => this.#alertOf(made, reason),
    });
    if (this.#live.hasJournal) keepAlerts(folder, this.#options.paths.alerts, log);
    alerts.close();
    return report;
  }

  /** Alerts of what only the report knows; `reason`: the one that was told already. */
  #alertOf(report: FinalReport, reason: StoppedReason): void {
    const { alerts } = this.#options;
    if (report.stopped_reason !== reason) {
      alerts.raise(
        'critical',
        report.stopped_reason,
        `the ledger differs by ${report.ledger_difference} USDT`,
      );
    }
    if (report.status === 'degraded')
      alerts.raise(
        'warning',
        'degraded',
        'the session traded part of its time on bad data, or without its strategy',
      );
  }

  #onBeat(fields: HeartbeatFields): void {
    if (this.#phase !== 'open') return;
    this.#progress.update(fields, this.#live.view().price);
    this.#guard.check(fields.ram_mb);
    this.#keeper.sync();
    if (fields.state === 'running') this.#testCrash('running');
  }

  /** A session has ended once its results are written. */
  #lifecycle(status: EngineStatus | null): LifecycleState {
    if (this.#phase === 'ended') return 'ended';
    if (this.#phase === 'closing' || status?.lifecycle === 'ended') return 'stopping';
    return this.#live.hasBegun ? (status?.lifecycle ?? 'starting') : 'starting';
  }

  #heartbeatView(): HeartbeatView {
    const view = this.#live.view();
    const { status } = view;
    const startedMs = status === null || Number.isNaN(status.startedTimeMs) ? null : status.startedTimeMs;
    return {
      session_id: this.#options.sessionId,
      state: this.#lifecycle(status),
      reason: this.#end?.reason ?? status?.reason ?? null,
      symbol: view.symbol,
      elapsed: status === null || startedMs === null ? null : (status.timeMs - startedMs) / 1_000,
      remaining: status === null || status.remainingMs === null ? null : status.remainingMs / 1_000,
      equity: status === null ? null : formatMoney(status.equity),
      wallet_balance: status === null ? null : formatMoney(status.wallet),
      unrealized_pnl: status === null ? null : formatMoney(status.unrealizedPnl),
      position: view.position,
      symbols: view.symbols,
      positions: view.positions,
      open_orders: status?.openOrders ?? null,
      margin: view.margin,
      clock_offset_ms: view.offsetMs,
      round_trip_ms: view.roundTripMs === null ? null : Math.round(view.roundTripMs),
      events: status?.events ?? null,
      errors: this.#options.log.errors,
      feeds: view.feeds,
      dashboard_url: this.#dashboard?.url ?? null,
    };
  }
}

/** A session whose engine stood at its end has none to go on with; one that found its books wrong must not. */
function isResumable(engine: Engine | null, reason: StoppedReason): boolean {
  return engine !== null && engine.lifecycle !== 'ended' && reason !== 'invariant_violated';
}
