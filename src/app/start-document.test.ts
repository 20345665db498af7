import { expect, test } from 'vitest';
import { BTCUSDT, strategyOf } from '../../test/builders/session.ts';
import type { AccountStart } from '../core/domain/session-start.ts';
import { loadSettings } from './config/load-settings.ts';
import { SessionEndError } from './session-end-error.ts';
import { composeStart, newAccount } from './start-document.ts';

const ETH = { symbol: 'ETHUSDT', quantity: '-2', cost: '-6000', opened_time_ms: 1 };

function start(account: AccountStart): () => unknown {
  const settings = loadSettings({
    ...{
      workspace: '/nonexistent',
      configFile: null,
      flags: {},
      account: 'continue',
      environment: {},
      recorded: null,
    },
  });
  const facts = { sessionId: 's1', seed: 1, source: 'simulated', marketEndsAfterMs: null };
  return () => composeStart(settings, { ...facts, specs: [BTCUSDT], strategy: strategyOf({}), account });
}

test('a contract that the account holds is not left without a market: the session is refused, and says what to add', () => {
  expect(start(newAccount('100'))).not.toThrow();
  const held = { ...newAccount('100'), kind: 'carried' as const, positions: [ETH] };
  expect(start(held)).toThrow(SessionEndError);
  expect(start(held)).toThrow(
    'positions or orders in ETHUSDT, which this session does not trade: add --symbol ETHUSDT',
  );
});
