/** How a program behaves on what it writes to: whether it draws, and in colours. */

import type { ProgramIo } from '../app/program-io.ts';
import type { CommandContext } from './command-context.ts';

/** A build machine is nobody to draw for, and a dumb terminal cannot be drawn on; `NO_COLOR` is https://no-color.org. */
export function terminalManners(
  isTty: boolean,
  environment: CommandContext['environment'],
): Pick<ProgramIo, 'isTty' | 'color'> {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '' && environment[name] !== 'false';
  const canDraw = isTty && !isSet('CI') && environment['TERM'] !== 'dumb';
  return { isTty: canDraw, color: canDraw && !isSet('NO_COLOR') };
}
