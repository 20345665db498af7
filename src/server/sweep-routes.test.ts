import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../test/builders/http-request.ts';
import { HOSTILE_NAME, SWEEP_ID, sampleSweep } from '../../test/builders/sample-sweep.ts';
import { serveSession, type ServedSession, startTestServer } from '../../test/builders/served-session.ts';
import { sweepListSchema, sweepSchema, sweepTrialsSchema } from '../protocol/sweeps.ts';
import type { RunningServer } from './start-server.ts';

let session: ServedSession;
let server: RunningServer;

beforeAll(async () => {
  session = serveSession();
  server = await startTestServer(session);
});

afterAll(async () => {
  await server.close();
  await session.close();
});

async function read(url: string): Promise<{ status: number; body: unknown }> {
  const { status, body } = await ask(server.port, `/api/v1/sweeps${url}`);
  return { status, body: JSON.parse(body) };
}

const sweepFile = (id: string): string => path.join(session.root, 'sweeps', id, 'sweep.json');

function putSweep(id: string, text: string): void {
  mkdirSync(path.dirname(sweepFile(id)), { recursive: true });
  writeFileSync(sweepFile(id), text);
}

function dropSweep(id: string): void {
  rmSync(path.join(session.root, 'sweeps', id), { recursive: true, force: true });
}

describe('a sweep', () => {
  test('is told with its best trial, what speaks against it, and its map', async () => {
    const { status, body } = await read(`/${SWEEP_ID}`);
    expect(status).toBe(200);
    const sweep = sweepSchema.parse(body);
    expect(sweep).toMatchObject({
      sweep_id: SWEEP_ID,
      made_time_ms: Date.UTC(2026, 10, 22, 22, 51, 3),
      figures: {
        trials: 6,
        refused: 1,
        best: { params: { fast: 5, slow: 40 }, score: 2 },
        deflated_sharpe: 0.62,
      },
      resampling: { draws: 2_000, loss_share: 0.2 },
      walk_forward: { windows: [{ test_from_ms: Date.UTC(2026, 10, 4), test_pnl: '3.5' }] },
    });
    expect(sweep.map).toEqual({
      across: { name: 'fast', values: [5, 10, 20] },
      down: { name: 'slow', values: [30, 40] },
      scores: [
        [1.5, 0.5, -1.5],
        [2, 0.75, null],
      ],
    });
  });

  test('gives its ranking page by page', async () => {
    const trials: number[] = [];
    let query = '?limit=4';
    for (let pages = 0; query !== ''; pages++) {
      const { rows, next_cursor: cursor } = sweepTrialsSchema.parse(
        (await read(`/${SWEEP_ID}/trials${query}`)).body,
      );
      trials.push(...rows.map(({ trial }) => trial));
      query = cursor === null ? '' : `?limit=4&cursor=${cursor}`;
      expect(pages).toBeLessThan(2);
    }
    expect(trials).toEqual(sampleSweep().trials.map(({ trial }) => trial));
  });

  test('is data and never markup, whatever it is called', async () => {
    const answer = await ask(server.port, `/api/v1/sweeps/${SWEEP_ID}`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(sweepSchema.parse(JSON.parse(answer.body)).figures.warnings[0]).toContain(HOSTILE_NAME);
  });
});

describe('sweeps', () => {
  test('are listed newest first; one that cannot be read hides none of the others', async () => {
    const ids = ['20261123-000000-0002', '20261123-000000-0001'];
    putSweep('20261123-000000-0002', '{"trials":');
    putSweep('20261123-000000-0001', ' '.repeat(17 * 2 ** 20));
    const first = sweepListSchema.parse((await read('?limit=2')).body);
    expect(first.sweeps.map(({ sweep_id: id, figures }) => [id, figures])).toEqual(
      ids.map((id) => [id, null]),
    );
    const second = sweepListSchema.parse((await read(`?limit=2&cursor=${first.next_cursor ?? ''}`)).body);
    expect(second.sweeps.map(({ sweep_id: id, figures }) => [id, figures?.trials])).toEqual([[SWEEP_ID, 6]]);
    expect(second.next_cursor).toBeNull();
    expect(await read('/20261123-000000-0002')).toMatchObject({ status: 500 });
    const large = await read('/20261123-000000-0001');
    expect(large.status).toBe(503);
    expect(JSON.stringify(large.body)).toContain('report.html');
    for (const id of ids) dropSweep(id);
  });

  test('are found by a name that is there, never by a path or through a link', async () => {
    const outside = path.join(session.root, 'outside');
    mkdirSync(outside);
    writeFileSync(path.join(outside, 'sweep.json'), readFileSync(sweepFile(SWEEP_ID)));
    symlinkSync(outside, path.join(session.root, 'sweeps', 'linked'));
    mkdirSync(path.join(session.root, 'sweeps', 'holds-link'));
    symlinkSync(path.join(outside, 'sweep.json'), sweepFile('holds-link'));
    const names = [
      '../outside',
      `${SWEEP_ID}/../../outside`,
      '..',
      '.',
      'linked',
      'holds-link',
      `${SWEEP_ID}\0`,
      SWEEP_ID.toUpperCase(),
      'latest',
      session.root,
    ];
    for (const name of names) {
      for (const below of ['', '/trials']) {
        const { status } = await read(`/${encodeURIComponent(name)}${below}`);
        expect([name, status]).toEqual([name, expect.toSatisfy((found) => found === 404 || found === 400)]);
      }
    }
    const listed = sweepListSchema.parse((await read('')).body);
    expect(listed.sweeps.filter(({ figures }) => figures !== null).map(({ sweep_id: id }) => id)).toEqual([
      SWEEP_ID,
    ]);
    dropSweep('holds-link');
    rmSync(path.join(session.root, 'sweeps', 'linked'));
  });

  test('are none in a workspace without any', async () => {
    dropSweep(SWEEP_ID);
    expect(await read('')).toEqual({ status: 200, body: { sweeps: [], next_cursor: null } });
    rmSync(path.join(session.root, 'sweeps'), { recursive: true });
    expect(await read('')).toEqual({ status: 200, body: { sweeps: [], next_cursor: null } });
    expect(await read(`/${SWEEP_ID}`)).toMatchObject({ status: 404 });
  });
});
