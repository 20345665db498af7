/**
 * Listens for the session's HTTP side: on loopback unless told otherwise, on the next free port where its own is busy.
 *
 * The server only reads what it is given and passes wishes on; it never touches the session itself.
 */

import type { HeartbeatFields } from '../ports/heartbeat-fields.ts';
import { createHttpApp, type HttpAppOptions } from './create-http-app.ts';
import type { HttpApp } from './http-app.ts';
import { isLoopbackHost } from './request-guard.ts';
import { ServerStartError } from './server-error.ts';

/** Ports tried after a busy one. */
const PORT_TRIES_MAXIMUM = 20;
const PORT_LAST = 65_535;

export interface ServerOptions extends HttpAppOptions {
  /** 0 = any free port. */
  readonly port: number;
}

export interface RunningServer {
  /** `http://HOST:PORT` as a browser on this machine writes it. */
  readonly url: NonNullable<HeartbeatFields['dashboard_url']>;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts listening. Rejects with {@link ServerStartError}. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, token } = options;
  if (token === null && !isLoopbackHost(host)) {
    throw new ServerStartError(
      'token_missing',
      `${host} can be reached from other machines: that needs a token`,
    );
  }
  const lastPort = port === 0 ? 0 : Math.min(port + PORT_TRIES_MAXIMUM, PORT_LAST);
  for (let candidate = port; candidate <= lastPort; candidate++) {
    const app = await createHttpApp(options);
    try {
      await app.listen({ host, port: candidate });
    } catch (error) {
      await app.close();
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') continue;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServerStartError('listen_failed', `cannot listen on ${host}:${candidate}: ${reason}`, error);
    }
    return describeServer(app, options);
  }
  throw new ServerStartError('port_busy', `ports ${port} to ${lastPort} of ${host} are all in use`);
}

function describeServer(app: HttpApp, { host, port, logger }: ServerOptions): RunningServer {
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const shownHost =
    host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${shownHost}:${bound}`;
  if (port !== 0 && bound !== port) {
    logger.log('warning', 'dashboard_port_busy', `Port ${port} is in use, the dashboard is at ${url}`, {
      port,
      url,
    });
  }
  logger.log('info', 'dashboard_listening', `Dashboard at ${url}`, { url });
  return {
    url,
    port: bound,
    async close() {
      // A page that is open in a browser holds its connection; the session does not wait for it.
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
