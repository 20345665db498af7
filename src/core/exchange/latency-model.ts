/**
 * How long a message travels between us and the exchange, in ms.
 *
 * The request latency includes the age of the book that is matched against: the feed is that late already.
 */
export interface LatencyModel {
  requestMs(): number;
  responseMs(): number;
}

/** The same latency for every message. */
export function constantLatency(requestMs: number, responseMs: number): LatencyModel {
  return { requestMs: () => requestMs, responseMs: () => responseMs };
}
