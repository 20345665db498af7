/** `POST /api/v1/{pause,resume,flatten,stop,kill}`: wishes of whoever has the token. They are events of the engine. */

import { z } from 'zod';
import { MINUTE_MS } from '../core/base/time.ts';
import type { Logger } from '../ports/logger.ts';
import { commandAnswerSchema } from '../protocol/rest.ts';
import { noQuery, writeRefusals } from './api-queries.ts';
import type { HttpApp } from './http-app.ts';
import { OPERATOR_WISHES, type OperatorWish, type SessionAccess } from './session-access.ts';

/** Requests a minute and address, all writes together. */
const WRITES_PER_MINUTE = 60;

const SUMMARIES: Readonly<Record<OperatorWish, string>> = {
  pause: 'No new orders leave; what works at the exchange stays there',
  resume: 'Ends a pause',
  flatten: 'Cancels every working order and closes the position at market; the session goes on',
  stop: 'Ends the session gracefully, as --on-end says',
  kill: 'Throws the kill switch: cancels, flattens, exits 99; kill.txt stays until it is removed',
};

export function addCommandRoutes(app: HttpApp, session: SessionAccess, logger: Logger): void {
  for (const wish of OPERATOR_WISHES) {
    app.route({
      method: 'POST',
      url: `/api/v1/${wish}`,
      config: {
        access: 'write',
        rateLimit: { max: WRITES_PER_MINUTE, timeWindow: MINUTE_MS, groupId: 'writes' },
      },
      schema: {
        tags: ['commands'],
        summary: SUMMARIES[wish],
        security: [{ token: [] }],
        querystring: noQuery,
        body: z.strictObject({}).nullish().describe('Nothing, or an empty object'),
        response: { 202: commandAnswerSchema.describe('The session has heard it'), ...writeRefusals },
      },
      async handler(_request, reply) {
        logger.log('info', `${wish}_requested`, `${capitalized(wish)} requested over HTTP`);
        if (!session.wish(wish))
          return reply.code(409).send({ error: `the session is ${session.status().state}` });
        return reply.code(202).send({ accepted: true, command: wish });
      },
    });
  }
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
