/** Composes the final report of what happened, from the journal's rows or from those that were kept in memory; writes nothing. */

import { type FinalReport, type FinalReportInputs, buildFinalReport } from '../report/final-report.ts';

/** What the journal tells a report. */
export type SessionRows = Pick<
  FinalReportInputs,
  'orders' | 'fills' | 'ledger' | 'lifecycle' | 'quality' | 'trades' | 'equity' | 'band'
>;

/** What a report needs besides. */
export type EndFacts = Omit<FinalReportInputs, keyof SessionRows>;

/** The report of what happened, without writing it. */
export function composeReport(facts: EndFacts, rows: SessionRows): FinalReport {
  return buildFinalReport({
    ...rows,
    sessionId: facts.sessionId,
    symbols: facts.symbols,
    positions: facts.positions,
    strategy: facts.strategy,
    source: facts.source,
    seed: facts.seed,
    stoppedReason: facts.stoppedReason,
    startedMs: facts.startedMs,
    endedMs: facts.endedMs,
    startingEquity: facts.startingEquity,
    endingEquity: facts.endingEquity,
    openingWallet: facts.openingWallet,
    endingWallet: facts.endingWallet,
    openingPositions: facts.openingPositions,
    events: facts.events,
    stateHash: facts.stateHash,
    reconnects: facts.reconnects,
    errorCount: facts.errorCount,
    ...(facts.checks === undefined ? {} : { checks: facts.checks }),
  });
}
