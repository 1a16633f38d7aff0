// Sortable, prefixed ids: 48 bits of milliseconds and 80 random bits in Crockford's base 32, as ULIDs are.
import { randomUUID } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** `run_01kad…`: ids made later sort later (to the millisecond); 26 characters after the prefix. */
export function newId(prefix: string, now: number): string {
  // Node draws the random bits of 128 UUIDs at once: measured, a third of the price of 16 bytes by themselves.
  const uuid = randomUUID();
  const random = uuid.slice(0, 8) + uuid.slice(24);
  let tail = "";
  for (let i = 0; i < 20; i += 5) {
    const bits = parseInt(random.slice(i, i + 5), 16);
    tail +=
      ALPHABET[bits >> 15]! +
      ALPHABET[(bits >> 10) & 31]! +
      ALPHABET[(bits >> 5) & 31]! +
      ALPHABET[bits & 31]!;
  }
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
