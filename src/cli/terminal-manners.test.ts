import { expect, test } from 'vitest';

import { terminalManners } from './terminal-manners.ts';

test.each([
  [true, { TERM: 'xterm' }, true, true],
  [true, {}, true, true],
  [false, { TERM: 'xterm' }, false, false],
  [true, { TERM: 'dumb' }, false, false],
  [true, { CI: 'true' }, false, false],
  [true, { CI: 'false' }, true, true],
  [true, { CI: '' }, true, true],
  [true, { NO_COLOR: '1' }, true, false],
  [true, { NO_COLOR: '' }, true, true],
])('a terminal (%s) with %j is drawn on: %s, in colours: %s', (isTty, environment, draws, color) => {
  expect(terminalManners(isTty, environment)).toEqual({ isTty: draws, color });
});
