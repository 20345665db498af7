/** Raw HTTP requests for tests: unlike `fetch` they let any Host, method and header through. */

import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export async function ask(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    agent: false,
    method: options.method ?? 'GET',
    headers: options.headers,
  });
  sent.end(options.body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}
