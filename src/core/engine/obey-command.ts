/** What an engine does when its operator, or its surroundings, say so. */

import { assertNever } from '../base/assert.ts';
import type { OperatorCommand } from '../domain/commands.ts';
import type { EngineMembers } from './engine-members.ts';
import type { SessionEnd } from './session-end.ts';

export function obeyCommand(
  command: OperatorCommand,
  nowMs: number,
  { lifecycle, desk, intake, absence }: EngineMembers,
  end: SessionEnd,
): void {
  switch (command.type) {
    case 'stop':
      end.stop(nowMs, command.reason, command.detail, command.reason === 'kill_switch');
      break;
    case 'end_now':
      end.endNow(nowMs, command.reason, command.detail);
      break;
    case 'pause':
    case 'resume':
      lifecycle.pause(nowMs, command.type === 'pause');
      break;
    case 'flatten':
      desk.flatten('flatten');
      break;
    case 'outage':
      intake.close(nowMs);
      absence.begin(command, nowMs);
      break;
    case 'set_duration':
      end.plan(command.durationMs);
      break;
    case 'strategy_overrun':
      // What followed from it was done at the call; a replay is told of it before it begins.
      break;
    default:
      assertNever(command, 'command');
  }
}
