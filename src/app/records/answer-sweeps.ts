/**
 * Answers questions about the sweeps of a workspace from their `sweep.json`. Synchronous and without memory of its own: it
 * runs on the records thread.
 *
 * Limits: a document of more than {@link DOCUMENT_BYTES_MAX} is listed without figures, and read by nobody here.
 */

import { lstatSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import {
  type Sweep,
  type SweepFigures,
  type SweepList,
  type SweepTrials,
  sweepFiguresSchema,
  sweepSchema,
  sweepTrialSchema,
} from '../../protocol/sweeps.ts';
import { mapScores } from '../../report/heat-map.ts';
import { RecordsError } from '../../server/session-records.ts';
import { readDocument } from '../../storage/document-file.ts';
import { findFolder, listFolderNames } from '../../storage/named-folders.ts';
import { StorageError } from '../../storage/storage-error.ts';
import { sessionIdTimeMs } from '../session-id.ts';

/** About 35,000 trials: what the thread's heap takes, and what is read within its time. */
const DOCUMENT_BYTES_MAX = 16 * 2 ** 20;

const isoMs = z.iso.datetime().transform((text) => Date.parse(text));

/** What is read of `sweep.json`. */
const documentSchema = sweepFiguresSchema
  .pick({
    ...{ strategy: true, symbol: true, source: true, seed: true, score: true, deflated_sharpe: true },
    ...{ median_score: true, profitable_share: true, neighbour_score: true, warnings: true },
  })
  .extend({
    from: isoMs,
    to: isoMs,
    hashes: sweepSchema.shape.hashes,
    refused: z.array(z.unknown()),
    resampling: sweepSchema.shape.resampling
      .unwrap()
      .omit({ loss_share: true })
      .extend({ lossShare: z.number() })
      .nullable(),
    fill_draws: sweepSchema.shape.fill_draws,
    walk_forward: sweepSchema.shape.walk_forward
      .unwrap()
      .extend({
        windows: z.array(
          sweepSchema.shape.walk_forward
            .unwrap()
            .shape.windows.element.omit({ train_from_ms: true, test_from_ms: true, test_to_ms: true })
            .extend({ train_from: isoMs, test_from: isoMs, test_to: isoMs }),
        ),
      })
      .nullable(),
    trials: z.array(sweepTrialSchema),
  });
type SweepDocument = z.infer<typeof documentSchema>;

/** A sweep that cannot be read is listed all the same, so that it hides none of the others. */
export function answerSweeps(directory: string, limit: number, before: string | null): SweepList {
  const ids = listFolderNames(directory).filter((id) => before === null || id < before);
  const shown = ids.slice(0, limit);
  return {
    sweeps: shown.map((id) => ({
      sweep_id: id,
      made_time_ms: sessionIdTimeMs(id),
      figures: figuresOrNull(directory, id),
    })),
    next_cursor: ids.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

/** Throws RecordsError `unknown_sweep` or `too_large`, StorageError where its document cannot be read. */
export function answerSweep(directory: string, id: string): Sweep {
  const document = readSweep(directory, id);
  const { hashes, fill_draws, resampling, walk_forward: walk, trials } = document;
  const map = mapScores(trials);
  return {
    sweep_id: id,
    made_time_ms: sessionIdTimeMs(id),
    figures: figuresOf(document),
    hashes,
    fill_draws,
    map: map === null ? null : (structuredClone(map) as Sweep['map']),
    resampling: resampling === null ? null : renameShare(resampling),
    walk_forward:
      walk === null
        ? null
        : {
            ...walk,
            windows: walk.windows.map(({ train_from, test_from, test_to, ...window }) => ({
              ...window,
              train_from_ms: train_from,
              test_from_ms: test_from,
              test_to_ms: test_to,
            })),
          },
  };
}

/** Best first; `after`: trials of the pages before. Throws as {@link answerSweep} does. */
export function answerTrials(directory: string, id: string, limit: number, after: number): SweepTrials {
  const { trials } = readSweep(directory, id);
  const end = after + limit;
  return { rows: trials.slice(after, end), next_cursor: end < trials.length ? String(end) : null };
}

function readSweep(directory: string, id: string): SweepDocument {
  const folder = findFolder(directory, id);
  const file = folder === null ? null : path.join(folder, 'sweep.json');
  const found = file === null ? undefined : lstatSync(file, { throwIfNoEntry: false });
  const none = new RecordsError('unknown_sweep', `there is no sweep ${JSON.stringify(id)}`);
  // A link may lead anywhere.
  if (file === null || found === undefined || !found.isFile()) throw none;
  if (found.size > DOCUMENT_BYTES_MAX) {
    throw new RecordsError(
      'too_large',
      `sweep ${id} has too many trials to be read here; open report.html in its folder`,
    );
  }
  const document = readDocument(file, documentSchema);
  if (document === null) throw none;
  return document;
}

function figuresOrNull(directory: string, id: string): SweepFigures | null {
  try {
    return figuresOf(readSweep(directory, id));
  } catch (error) {
    if (error instanceof RecordsError || error instanceof StorageError) return null;
    throw error;
  }
}

function figuresOf(document: SweepDocument): SweepFigures {
  const { strategy, symbol, source, seed, score, deflated_sharpe, median_score } = document;
  const { profitable_share, neighbour_score, warnings, from, to, trials, refused } = document;
  return {
    ...{ strategy, symbol, source, seed, score, deflated_sharpe, median_score },
    ...{ profitable_share, neighbour_score, warnings },
    from_ms: from,
    to_ms: to,
    trials: trials.length,
    refused: refused.length,
    best: trials[0] ?? null,
  };
}

function renameShare({
  lossShare,
  ...rest
}: NonNullable<SweepDocument['resampling']>): NonNullable<Sweep['resampling']> {
  return { ...rest, loss_share: lossShare };
}
