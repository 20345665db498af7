/** One of the streams that share a connection. */

export interface StreamSpec {
  /** For people. */
  readonly name: string;
  /** Longest silence of a healthy stream; null where silence says nothing, which also exempts it from first data. */
  readonly silenceMs: number | null;
}
