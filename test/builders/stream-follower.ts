/** A follower of the stream for tests: keeps what it is sent, checked against the protocol. */

import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';

import { streamMessageSchema, type StreamMessage } from '../../src/protocol/messages.ts';

export class StreamFollower {
  readonly socket: WebSocket;
  readonly messages: StreamMessage[] = [];

  constructor(port: number, protocols: readonly string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, [...protocols], options);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      this.messages.push(streamMessageSchema.parse(JSON.parse(data.toString('utf8'))));
    });
  }

  /** Resolves with the first message that `isIt` holds for, sent or still to come. */
  async until(isIt: (message: StreamMessage) => boolean): Promise<StreamMessage> {
    for (;;) {
      const found = this.messages.find(isIt);
      if (found !== undefined) return found;
      await once(this.socket, 'message');
    }
  }

  /** Status of a refused upgrade. */
  async refusal(): Promise<number> {
    const [, response] = (await once(this.socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    return response.statusCode;
  }

  /** Code and reason of the close. */
  async closing(): Promise<[number, string]> {
    const [code, reason] = (await once(this.socket, 'close')) as [number, Buffer];
    return [code, reason.toString()];
  }
}
