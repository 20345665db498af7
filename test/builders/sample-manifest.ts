/** The manifest of a made-up session that still runs. */

import type { SessionManifest } from '../../src/storage/session-folder.ts';

export function sampleManifest(id: string): SessionManifest {
  return {
    version: 1,
    session_id: id,
    program_version: '0.1.0',
    node_version: 'v26.10.0',
    seed: 42,
    source: 'simulated',
    symbols: ['BTCUSDT'],
    strategy: { name: 'none', params: {} },
    engine_hash: 'e1',
    strategy_hash: 's1',
    config_hash: null,
    config: { risk: { max_leverage: 5 } },
    started_at: '2026-11-22T16:39:00.000Z',
    ended_at: null,
    local_started_at: '2026-11-22T16:39:00.000Z',
    local_ended_at: null,
    stopped_reason: null,
    exit_code: null,
    state_hash: null,
    events: null,
    log_chain: null,
    is_resumable: false,
    compaction: null,
  };
}
