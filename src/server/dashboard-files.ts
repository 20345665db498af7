/**
 * Serves the built dashboard: its page at `/`, its files under `/assets/`. Where it was
 * not built, `/` shows the session as a page without scripts, which says how to build it.
 *
 * The files are part of the program and hold nothing of a session, so they need no token; what they show, they ask for.
 */

import { fastifyStatic } from '@fastify/static';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp } from './http-app.ts';
import type { SessionAccess } from './session-access.ts';
import { renderStatusPage, STATUS_PAGE_POLICY } from './status-page.ts';

/** Nothing from elsewhere, nothing inline. */
const DASHBOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The names of files in `/assets/` change with their content. */
const HASHED_CACHE = 'public, max-age=31536000, immutable';

export async function addDashboardFiles(
  app: HttpApp,
  folder: string | null,
  session: SessionAccess,
): Promise<void> {
  const notFound = (reply: FastifyReply): FastifyReply => reply.code(404).send({ error: 'not found' });
  if (folder === null || !existsSync(join(folder, 'index.html'))) {
    app.route({
      method: 'GET',
      url: '/',
      config: { access: 'read' },
      schema: { hide: true },
      handler: (_request, reply) =>
        reply
          .header('content-security-policy', STATUS_PAGE_POLICY)
          .type('text/html; charset=utf-8')
          .send(renderStatusPage(session.status())),
    });
    app.setNotFoundHandler((_request, reply) => notFound(reply));
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    dotfiles: 'deny',
    // The headers are set below, by what is asked for.
    cacheControl: false,
    decorateReply: true,
  });
  const sendPage = (reply: FastifyReply): FastifyReply =>
    reply
      .header('content-security-policy', DASHBOARD_POLICY)
      .header('cache-control', 'no-cache')
      .sendFile('index.html');
  app.route({
    method: 'GET',
    url: '/',
    config: { access: 'public' },
    schema: { hide: true },
    handler: (_request, reply) => sendPage(reply),
  });
  app.route({
    method: 'GET',
    url: '/assets/*',
    config: { access: 'public' },
    schema: { hide: true },
    handler(request: FastifyRequest, reply) {
      const { '*': name } = request.params as { '*': string };
      return reply.header('cache-control', HASHED_CACHE).sendFile(`assets/${name}`);
    },
  });
  for (const name of listOwnFiles(folder)) {
    app.route({
      method: 'GET',
      url: `/${name}`,
      config: { access: 'public' },
      schema: { hide: true },
      handler: (_request, reply) => reply.header('cache-control', 'no-cache').sendFile(name),
    });
  }
  app.setNotFoundHandler((request, reply) => (isPageAddress(request) ? sendPage(reply) : notFound(reply)));
}

/** Files beside the page: icons and the like. */
function listOwnFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name !== 'index.html' && /^[a-z0-9][a-z0-9.-]*$/i.test(entry.name),
    )
    .map(({ name }) => name);
}

/** A navigation of a browser to one word: an address of the dashboard's own, so that it can be opened again there. */
function isPageAddress({ method, url, headers }: FastifyRequest): boolean {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && /^\/[a-z0-9-]*$/.test(path);
}
