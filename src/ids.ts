// Sortable, prefixed ids: 48 bits of milliseconds and 80 random bits in Crockford's base 32, as ULIDs are.
import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** `run_01kad…`: ids made later sort later (to the millisecond); 26 characters after the prefix. */
export function newId(prefix: string, now: number): string {
  let tail = "";
  for (const byte of randomBytes(16)) tail += ALPHABET[byte & 31];
  return firstId(prefix, now) + tail;
}

/** Not after any id of this millisecond, and after every earlier one: an instant as the bound of a range of ids. */
export function firstId(prefix: string, now: number): string {
  let time = now;
  let head = "";
  for (let i = 0; i < 10; i++) {
    head = ALPHABET[time % 32] + head;
    time = Math.floor(time / 32);
  }
  return `${prefix}_${head}`;
}
