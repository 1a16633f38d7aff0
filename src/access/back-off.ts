// Slows down whoever tries secrets: per address by the number of different wrong ones, per token by its shown beginning.
import type { Clock } from "../clock.ts";
import { networkOf } from "./network.ts";
import { hashSecret, looksLikeToken, prefixOf } from "./token.ts";

/** So many different wrong secrets from one address cost nothing yet. */
const FREE_OF_ADDRESS = 20;
/** So many wrong ones with the same beginning; a client that goes on with a revoked token, or with a used link, gets here. */
const FREE_OF_PREFIX = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Silence after which all is forgotten. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;
/** A secret that was right so recently passes, whoever else fails from the same address. */
const KNOWN_MS = 24 * 3_600_000;
const MOST = 10_000;
/** Wrong secrets remembered of one address, so that the same one again is not counted. */
const MOST_WRONG = 64;

interface Tries {
  failures: number;
  blockedUntil: number;
  at: number;
  wrong: Set<string>;
}

export class BackOff {
  readonly #clock: Clock;
  readonly #addresses = new Map<string, Tries>();
  readonly #prefixes = new Map<string, Tries>();
  /** Hashes of secrets that were right, and when. */
  readonly #known = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until this secret may be tried from this address; 0: now. */
  waitFor(secret: string, address: string | null): number {
    const now = this.#clock.monotonic();
    const knownAt = this.#known.get(hashSecret(secret));
    if (knownAt !== undefined && now - knownAt < KNOWN_MS) return 0;
    const until = Math.max(
      this.#of(this.#addresses, networkOf(address), now)?.blockedUntil ?? 0,
      this.#of(this.#prefixes, prefixKey(secret), now)?.blockedUntil ?? 0,
    );
    return Math.max(0, until - now);
  }

  right(secret: string): void {
    const hash = hashSecret(secret);
    this.#known.delete(hash);
    keep(this.#known, hash, this.#clock.monotonic());
    this.#prefixes.delete(prefixKey(secret));
  }

  wrong(secret: string, address: string | null): void {
    const now = this.#clock.monotonic();
    const hash = hashSecret(secret);
    this.#known.delete(hash);
    this.#count(this.#addresses, networkOf(address), now, FREE_OF_ADDRESS, hash);
    this.#count(this.#prefixes, prefixKey(secret), now, FREE_OF_PREFIX);
  }

  #of(map: Map<string, Tries>, key: string, now: number): Tries | undefined {
    const tries = map.get(key);
    return tries && now - tries.at < FORGOTTEN_AFTER_MS ? tries : undefined;
  }

  /** `hash`: the same wrong secret again is no new try; a script that nobody repaired must not lock its address. */
  #count(map: Map<string, Tries>, key: string, now: number, free: number, hash?: string): void {
    const tries = this.#of(map, key, now) ?? { failures: 0, blockedUntil: 0, at: now, wrong: new Set() };
    map.delete(key);
    keep(map, key, tries);
    tries.at = now;
    if (hash !== undefined) {
      if (tries.wrong.has(hash)) return;
      if (tries.wrong.size < MOST_WRONG) tries.wrong.add(hash);
    }
    tries.failures++;
    if (tries.failures < free) return;
    const wait = FIRST_WAIT_MS * 2 ** Math.min(16, tries.failures - free);
    tries.blockedUntil = now + Math.min(LONGEST_WAIT_MS, wait);
  }
}

/** The oldest goes when there are too many. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= MOST) map.delete(map.keys().next().value!);
  map.set(key, value);
}

/** Of a token what is shown of it; of anything else, such as the code of a link, itself. */
function prefixKey(secret: string): string {
  return looksLikeToken(secret) ? prefixOf(secret) : hashSecret(secret);
}
