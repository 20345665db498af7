/** Changes one character of a frame, as a broken line would; the text stays valid UTF-8, so that it reaches the client. */

import type { SeededRandom } from '../../../core/base/random.ts';

const FIRST_PRINTABLE = 0x20;
const PRINTABLE = 0x5f;

/** Returns the text with one character replaced by another one. */
export function garble(text: string, random: SeededRandom): string {
  const at = random.nextBelow(text.length);
  const before = text.charCodeAt(at);
  // Any printable character but the one that stands there.
  const shift = 1 + random.nextBelow(PRINTABLE - 1);
  const after =
    FIRST_PRINTABLE + ((((before - FIRST_PRINTABLE + shift) % PRINTABLE) + PRINTABLE) % PRINTABLE);
  return text.slice(0, at) + String.fromCharCode(after) + text.slice(at + 1);
}
