/** What plays into a recorded contract's market: one event at a time, in order, on recorded time. */

export interface Player {
  /** Recorded time of the next event; null at the end. */
  nextTimeMs(): number | null;
  /** Plays the next event at venue time `venueMs`. */
  play(venueMs: number): void;
}
