/** The type of the HTTP interface that routes are added to, and what every route says of itself. */

import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import type { Access } from './request-guard.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent: as `read` for GET and HEAD, as `write` for everything else. */
    readonly access?: Access;
  }
}

export type HttpApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
