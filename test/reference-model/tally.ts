/** Counts what the drawn scenarios contained, so that a proof over nothing is seen. */

import type { Outcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';

export class Tally {
  readonly counts = new Map<string, number>();
  scenarios = 0;

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  add(scenario: Scenario, outcome: Outcome): void {
    this.scenarios++;
    if (scenario.terms.instruments === 2) this.count('two instruments');
    const named = scenario.actions.flatMap((action) =>
      action.do === 'submit' ? (action.clientId ?? []) : [],
    );
    this.count('repeated client ids', named.length - new Set(named).size);
    for (const line of outcome.fills) {
      this.count('fills');
      this.count(line.includes(' maker ') ? 'maker fills' : 'taker fills');
      if (!line.includes(' extrapolated 0 ')) this.count('extrapolated fills');
    }
    const ends = new Map<string, { readonly atMs: number; readonly status: string }>();
    const partial = new Set<string>();
    for (const line of outcome.changes) {
      const [atMs = '', id = '', status = '', reason = ''] = line.split(' ');
      if (status === 'partially_filled') partial.add(id);
      if (status === 'new' || status === 'partially_filled') continue;
      this.count(reason === 'null' ? status : `${status} ${reason}`);
      ends.set(id, { atMs: Number(atMs), status });
    }
    this.count('orders', ends.size + outcome.working);
    this.count('partly filled orders', partial.size);
    this.count('working at the end', outcome.working);
    this.count('round trips', outcome.trips.length);
    for (const line of outcome.denials) this.count(`denial ${line.split(' ')[1]}`);
    for (const line of outcome.ledger) {
      if (line.includes(' funding ')) this.count('funding payments');
      if (line.includes(' insurance ')) this.count('insurance payments');
    }
    this.#countRaces(scenario, ends);
  }

  /** Cancels and amendments that were on their way when their order was filled. */
  #countRaces(
    { actions, terms }: Scenario,
    ends: ReadonlyMap<string, { readonly atMs: number; readonly status: string }>,
  ): void {
    const names = new Map<string, string>();
    let number = 0;
    for (const action of actions) {
      // Closing orders of a flatten take numbers too: such scenarios are left out of this count.
      if (action.do === 'flatten') return;
      if (action.do === 'submit') {
        number++;
        if (action.clientId !== null && !names.has(action.clientId))
          names.set(action.clientId, `s1-o${number}`);
        continue;
      }
      const end = ends.get(names.get(action.id) ?? '');
      const untilMs = action.atMs + terms.requestMs;
      if (end?.status === 'filled' && end.atMs > action.atMs && end.atMs <= untilMs)
        this.count(`${action.do} too late`);
    }
  }

  text(): string {
    const lines = [...this.counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return lines.map(([what, count]) => `  ${what}: ${count}`).join('\n');
  }
}
