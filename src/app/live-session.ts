/**
 * One live session from its first request to its last event: connects, warms up, runs THE loop, stops.
 *
 * Whatever wants to end the session (a signal, an operator, the venue, a limit, an error) becomes one event of the
 * engine while it runs, or breaks off the start before that. Nothing here decides about money.
 */

import {
  createInstrument,
  formatMoney,
  type Instrument,
  type InstrumentSpec,
} from '../core/domain/instrument.ts';
import { intervalMs } from '../core/base/time.ts';
import { historyNeed } from '../core/strategy/history-need.ts';
import { EXIT_CODES } from '../core/domain/reasons.ts';
import { FLAG_HISTORY } from '../core/domain/event-block.ts';
import type { OperatorCommand } from '../core/domain/commands.ts';
import type { SessionStart } from '../core/domain/session-start.ts';
import type { Engine } from '../core/engine/engine.ts';
import { EngineBand } from '../core/engine/engine-band.ts';
import { EngineAlerts } from '../alerts/engine-alerts.ts';
import type { AlertChannel } from '../ports/alert-channel.ts';
import type { Logger } from '../ports/logger.ts';
import { VenueError } from '../ports/venue-error.ts';
import type { TwinCheck } from '../report/final-report.ts';
import type { WallClock } from '../ports/wall-clock.ts';
import { SessionReadModel } from '../server/session-read-model.ts';
import { Ingress } from '../session/ingress.ts';
import { type LoopParts, drainLoop, runLoop } from '../session/loop.ts';
import { OutputLog } from '../session/output-log.ts';
import { CheckpointWriter } from '../storage/checkpoint-file.ts';
import { FileEventLog, type LogReserve } from '../storage/event-log.ts';
import { Journal } from '../storage/journal.ts';
import type { AccountKeeper } from './account-keeper.ts';
import { isSettledWithin } from './bounded-wait.ts';
import { catchUp } from './catch-up.ts';
import type { Settings } from './config/settings.ts';
import { describeCarried, describePositions } from './held-positions.ts';
import { playNetworkOutage } from './network-outage.ts';
import type { OpenedSession } from './open-session.ts';
import { reservedSink } from './reserved-sink.ts';
import { SessionEndError, toSessionEnd } from './session-end-error.ts';
import { type SessionMarket, openSessionMarket } from './session-market.ts';
import type { ResultFacts } from './session-result.ts';
import { type SessionView, viewSession } from './session-view.ts';
import { openSnapshots, openTwin } from './session-companions.ts';
import type { SessionSnapshots } from './session-snapshots.ts';
import type { SessionTwin } from './twin/session-twin.ts';
import { spellRows } from './row-spelling.ts';
import { composeStart } from './start-document.ts';
import type { OverrunReports } from './strategy-guard.ts';
import type { StrategyMaker } from './strategy-loader.ts';

/** Bars asked for beyond the need, so that a bar missing at the venue does not hold up the warm-up. */
const SPARE_HISTORY_BARS = 5;
/** How long a continued session that was asked to end waits for its market. */
const EARLY_END_PATIENCE_MS = 6_000;
/** How long the venue's connections may take to close. */
const CLOSE_LIMIT_MS = 3_000;

export interface LiveSessionOptions {
  readonly settings: Settings;
  readonly sessionId: string;
  /** Gives a fresh strategy at every call. */
  readonly createStrategy: StrategyMaker;
  /** Of the guards of those strategies. */
  readonly overruns: OverrunReports;
  readonly opened: OpenedSession;
  readonly clock: WallClock;
  readonly logger: Logger;
  readonly alerts: AlertChannel;
  /** A line for the person who watches. */
  readonly note: (text: string) => void;
  readonly keeper: AccountKeeper;
  /** Of disk space, for the session's end. */
  readonly reserve: LogReserve;
}

type EndCommand = Extract<OperatorCommand, { reason: unknown }>;

export class LiveSession {
  readonly #options: LiveSessionOptions;
  readonly #ingress: Ingress;
  #market: SessionMarket | null = null;
  #instruments: readonly Instrument[] = [];
  #engine: Engine | null = null;
  #band: EngineBand | null = null;
  #model: SessionReadModel | null = null;
  #log: FileEventLog | null = null;
  #journal: Journal | null = null;
  #checkpoints: CheckpointWriter | null = null;
  #snapshots: SessionSnapshots | null = null;
  /** Null where the settings want none. */
  #twin: SessionTwin | null = null;
  /** Set when the session must end before its engine runs; a promise so that the start's waits can be broken off. */
  #breakOff: (error: SessionEndError) => void = () => {};
  readonly #brokenOff: Promise<never>;
  #isStreaming = false;
  /** An end that was asked for before a continued session had its market again. */
  #early: EndCommand | null = null;
  #isClosed = false;
  /** What the session's twin found; null before the session is closed, and where it has none. */
  checks: readonly TwinCheck[] | null = null;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    const { clock, keeper } = options;
    const { recovered } = options.opened;
    const nowMs = (): number => this.#market?.client.clock.sessionNowMs() ?? Math.floor(clock.nowMs());
    this.#ingress = new Ingress(nowMs, recovered?.tail);
    if (recovered !== null) {
      this.#log = recovered.log;
      this.#log.hold(options.reserve);
      this.#journal = recovered.journal;
      this.#band = recovered.band;
      this.#engine = recovered.engine;
      this.#instruments = instrumentsOf(recovered.start.instruments);
      this.#model = recovered.model;
      keeper.adopt(recovered.engine);
      this.#checkpoints = CheckpointWriter.open(options.opened.folder.checkpointFile, recovered.engine);
    }
    this.#brokenOff = new Promise((_resolve, reject) => {
      this.#breakOff = reject;
    });
    // Someone waits for it only during the start.
    this.#brokenOff.catch(() => {});
  }

  get engine(): Engine | null {
    return this.#engine;
  }

  /** What is shown of the session; null until its engine is there. */
  get model(): SessionReadModel | null {
    return this.#model;
  }

  get eventLog(): FileEventLog | null {
    return this.#log;
  }

  get hasJournal(): boolean {
    return this.#journal !== null;
  }

  get sourceLabel(): string | null {
    return this.#market?.label ?? null;
  }

  get symbols(): readonly string[] {
    return this.#instruments.length > 0
      ? this.#instruments.map(({ symbol }) => symbol)
      : this.#options.settings.symbols;
  }

  /** Runs until the session has ended. Throws SessionEndError for every end that the engine did not decide. */
  async run(): Promise<void> {
    // Its process died between its end and its report.
    if (this.#engine?.lifecycle === 'ended') return;
    try {
      await Promise.race([this.#connect(), this.#brokenOff]);
      await this.#stream();
    } catch (error) {
      throw this.#isStreaming ? toSessionEnd(error) : this.#startFailure(error);
    }
  }

  /** Whether the engine has heard anything of this process. */
  get hasBegun(): boolean {
    const before = this.#options.opened.recovered?.tail.nextSequence ?? 0;
    return (this.#engine?.status().events ?? 0) > before;
  }

  /**
   * Asks the session to end: an event of the engine when it runs, the end of the start otherwise. One that is continued
   * first needs its market, to close what is open.
   */
  command(command: EndCommand): void {
    if (!this.#isStreaming && this.#options.opened.recovered !== null && this.#early === null) {
      this.#early = command;
      setTimeout(() => this.#giveUpStart(command), EARLY_END_PATIENCE_MS).unref();
      return;
    }
    if (this.#send(command)) return;
    this.#breakOff(
      new SessionEndError(command.reason, command.detail ?? `ended while starting: ${command.reason}`),
    );
  }

  /** Steers a session that trades; false where it does not, or not any more. */
  steer(type: 'pause' | 'resume' | 'flatten'): boolean {
    const state = this.#engine?.lifecycle;
    return (state === 'warming' || state === 'running' || state === 'halted') && this.#send({ type });
  }

  /** Makes a command an event of the engine; false while the engine does not run. */
  #send(command: OperatorCommand): boolean {
    if (!this.#isStreaming) return false;
    this.#ingress.open(1).appendCommand(this.#ingress.nowMs(), command);
    this.#ingress.ready();
    return true;
  }

  /** What is open stays open: that is no success, and the session can be continued. */
  #giveUpStart(command: EndCommand): void {
    if (this.#isStreaming) return;
    const status = this.#engine?.status();
    const isOpen = status === undefined || status.positions.length > 0 || status.openOrders > 0;
    const reason = isOpen && EXIT_CODES[command.reason] === 0 ? 'market_data_lost' : command.reason;
    this.#breakOff(
      new SessionEndError(reason, `${command.detail ?? command.reason}: the market was not there again`),
    );
  }

  /** Ends the loop at once: the program itself has failed and the engine must not be asked any more. */
  fail(error: SessionEndError): void {
    this.#breakOff(error);
    void this.#ingress.close();
  }

  view(): SessionView {
    const status = this.#engine?.status() ?? null;
    return viewSession(status, this.symbols, this.#instruments, this.#market?.client ?? null);
  }

  /** Amounts after the last whole block, as decimal text; those of the account it found where there was none. */
  amounts(): Pick<ResultFacts, 'startingEquity' | 'endingEquity' | 'endingWallet' | 'positions'> {
    const { account } = this.#options.opened;
    const { wallet } = account;
    const { status } = this.#options.keeper;
    if (this.#engine === null || status === null) {
      const positions = describeCarried(account);
      return { startingEquity: wallet, endingEquity: wallet, endingWallet: wallet, positions };
    }
    return {
      positions: describePositions(status.positions, this.#instruments),
      startingEquity: formatMoney(this.#engine.startingEquity),
      endingEquity: formatMoney(status.equity),
      endingWallet: formatMoney(status.wallet),
    };
  }

  /** Frees sockets and files; after it the journal can be read as a whole. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#ingress.close();
    const isWhole = this.#engine?.status().events === this.#log?.events;
    if (!isWhole) this.#twin?.abandon('the session broke off');
    const checks = this.#twin?.finish();
    const market = this.#market?.close() ?? Promise.resolve();
    if (!(await isSettledWithin(market, CLOSE_LIMIT_MS)))
      this.#options.logger.log(
        'warning',
        'venue_close_timeout',
        'The venue connections did not close in time',
      );
    this.checks = (await checks) ?? null;
    await this.#snapshots?.close();
    this.#log?.close();
    this.#journal?.close();
    this.#checkpoints?.close();
  }

  /** What kept the session from starting; where the venue did not answer, its address is what the reader needs. */
  #startFailure(error: unknown): SessionEndError {
    if (!(error instanceof VenueError) || !error.retryable) return toSessionEnd(error);
    const { source, restUrl } = this.#options.settings;
    const venue = source.kind === 'bitunix' ? `the venue at ${restUrl}` : 'the simulated venue';
    return new SessionEndError('market_data_lost', `${venue} cannot be reached: ${error.message}`, error);
  }

  async #connect(): Promise<void> {
    const { settings, opened, clock, logger, note, createStrategy } = this.#options;
    const strategy = createStrategy();
    const { recovered, seed } = opened;
    const market = await openSessionMarket(settings, opened, clock, logger);
    this.#market = market;
    for (const text of market.notes) {
      logger.log('info', 'market_note', text);
      note(text);
    }
    const { client } = market;
    await client.clock.ready;
    const { interval, minHistoryBars } = settings;
    const needed = Math.max(minHistoryBars, historyNeed(strategy, intervalMs(interval))) + SPARE_HISTORY_BARS;
    if (recovered !== null) {
      const missed = {
        settings,
        recovered,
        instruments: this.#instruments,
        client,
        logger,
        historyBars: needed,
      };
      const write = await catchUp(missed);
      if (!this.#isClosed) write(this.#ingress);
      return;
    }
    const specs = await Promise.all(market.symbols.map((symbol) => client.instrument(symbol)));
    this.#instruments = instrumentsOf(specs);
    const histories = await Promise.all(
      this.#instruments.map((instrument) => client.history(instrument, interval, needed)),
    );
    const start = composeStart(settings, {
      sessionId: this.#options.sessionId,
      seed,
      source: market.label,
      specs,
      strategy,
      account: opened.account,
      marketEndsAfterMs: market.endsAfterMs(),
    });
    this.#begin(start, histories);
  }

  /** Puts the first events in: the start document, then the history. */
  #begin(start: SessionStart, histories: Awaited<ReturnType<SessionMarket['client']['history']>>[]): void {
    const { opened, createStrategy, keeper } = this.#options;
    // A start that was broken off must not make files any more.
    if (this.#isClosed) return;
    this.#log = FileEventLog.create(opened.folder.eventsFolder);
    this.#log.hold(this.#options.reserve);
    this.#journal = Journal.open(opened.folder.journalFile, start);
    this.#band = new EngineBand(start, createStrategy);
    this.#engine = this.#band.primary;
    this.#model = new SessionReadModel(this.#engine, spellRows(this.#instruments, start.strategy.name));
    this.#checkpoints = CheckpointWriter.open(opened.folder.checkpointFile, this.#engine);
    keeper.attach(this.#engine);
    this.#ingress.open(1).appendSessionStarted(this.#ingress.nowMs(), start);
    for (const [index, bars] of histories.entries()) {
      for (const bar of bars)
        this.#ingress.open(1).appendBar(index, this.#ingress.nowMs(), bar, FLAG_HISTORY);
    }
  }

  async #stream(): Promise<void> {
    const { settings, logger, keeper, opened } = this.#options;
    const { client } = this.#market ?? {};
    const engine = this.#engine;
    const band = this.#band;
    const journal = this.#journal;
    const model = this.#model;
    const checkpoints = this.#checkpoints;
    if (client === undefined || engine === null || journal === null || this.#log === null) return;
    if (band === null || model === null || checkpoints === null) return;
    this.#isStreaming = true;
    const snapshots = openSnapshots(this.#options, { band, log: this.#log, journal, model });
    this.#snapshots = snapshots;
    this.#twin = openTwin(this.#options, this.#instruments);
    this.#options.overruns.listen((overrun) => {
      this.#twin?.abandon(`a call of ${overrun.handler} was cut off`);
      this.#send({ type: 'strategy_overrun', ...overrun });
    });
    if (this.#early !== null) this.command(this.#early);
    const outageFacts = { rest: client.rest, instruments: this.#instruments, inlet: this.#ingress, logger };
    client.start(this.#instruments, settings.interval, this.#ingress, {
      onFatal: (error) => this.command({ type: 'stop', reason: 'venue_fatal', detail: error.message }),
      onLost: (feed, detail) =>
        this.command({ type: 'stop', reason: 'market_data_lost', detail: `${feed}: ${detail}` }),
      onOutage: (fromMs, toMs, signal) => playNetworkOutage(outageFacts, fromMs, toMs, signal),
      ...(opened.recovered === null ? {} : { fundingSinceMs: opened.recovered.tail.timeMs }),
    });
    const { alerts, reserve } = this.#options;
    const twins = this.#twin === null ? [] : [this.#twin];
    const spoken = [new OutputLog(logger, this.#instruments), new EngineAlerts(alerts), ...twins];
    const written = [journal, keeper, checkpoints].map((sink) => reservedSink(sink, reserve));
    const parts: LoopParts = {
      source: this.#ingress,
      log: this.#log,
      engine: band,
      sinks: [...written, model, ...spoken],
      afterBlock: (block) => {
        model.observe(block);
        snapshots.observe(block);
        this.#ingress.wakeAt(engine.nextDueMs);
      },
    };
    await Promise.race([runLoop(parts), this.#brokenOff]);
    // A gap that is still being filled when the session ends was a gap.
    client.settle();
    await this.#ingress.close();
    await drainLoop(parts);
    band.finish();
    reservedSink(journal, reserve).deliver(band.takeOutputs());
  }
}

function instrumentsOf(specs: readonly InstrumentSpec[]): readonly Instrument[] {
  return specs.map((spec, index) => createInstrument(spec, index));
}
