/** The stateful members of an engine, saved and brought back together. */

import type { OutputBuffer } from '../domain/output-buffer.ts';
import type { Absence } from './absence.ts';
import type { DataWatch } from './data-watch.ts';
import { payloadRestorer, savePayload } from './due-state.ts';
import type { DuePayload } from './due.ts';
import { type EngineParts, restoreParts, saveParts } from './engine-parts.ts';
import type { EquitySampler } from './equity-sampler.ts';
import type { FundingDesk } from './funding-desk.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { MarketIntake } from './market-intake.ts';
import type { OrderDesk } from './order-desk.ts';
import type { RiskDesk } from './risk-desk.ts';
import type { Schedule } from './schedule.ts';
import type { StrategyHost } from './strategy-host.ts';

export interface EngineMembers {
  readonly parts: EngineParts;
  readonly outputs: OutputBuffer;
  readonly schedule: Schedule<DuePayload>;
  readonly host: StrategyHost;
  readonly desk: OrderDesk;
  readonly risk: RiskDesk;
  readonly watch: DataWatch;
  readonly funding: FundingDesk;
  readonly lifecycle: Lifecycle;
  readonly intake: MarketIntake;
  readonly sampler: EquitySampler;
  readonly absence: Absence;
}

export function saveMembers(members: EngineMembers) {
  return {
    parts: saveParts(members.parts),
    outputs: members.outputs.save(),
    schedule: members.schedule.save(savePayload),
    host: members.host.save(),
    desk: members.desk.save(),
    risk: members.risk.save(),
    watch: members.watch.save(),
    funding: members.funding.save(),
    lifecycle: members.lifecycle.save(),
    intake: members.intake.save(),
    sampler: members.sampler.save(),
    absence: members.absence.save(savePayload),
  };
}

export function restoreMembers(members: EngineMembers, state: ReturnType<typeof saveMembers>): void {
  restoreParts(members.parts, state.parts);
  // What waits names orders, which are back now.
  const restorePayload = payloadRestorer(members.parts.exchange);
  members.outputs.restore(state.outputs);
  members.schedule.restore(state.schedule, restorePayload);
  members.host.restore(state.host);
  members.desk.restore(state.desk);
  members.risk.restore(state.risk);
  members.watch.restore(state.watch);
  members.funding.restore(state.funding);
  members.lifecycle.restore(state.lifecycle);
  members.intake.restore(state.intake);
  members.sampler.restore(state.sampler);
  members.absence.restore(state.absence, restorePayload);
}
