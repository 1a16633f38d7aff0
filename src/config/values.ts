// The kinds of values that a setting may have: how each is read from text, and what it allows in words.
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { parseDuration } from "../duration.ts";

/** Reads one kind of value. `allowed` completes the sentence "allowed is …". */
export interface Kind<T> {
  allowed: string;
  /** The value, or undefined when the text is not one. Relative paths are taken from `cwd`. */
  read(text: string, cwd: string): T | undefined;
}

/** One mounted external task directory. */
export interface SourceLocation {
  name: string;
  /** Absolute. */
  path: string;
}

/** Where a database is. `url` is ready to be opened or handed on: absolute path, `mariadb:` written as `mysql:`. */
export interface DatabaseLocation {
  kind: "sqlite" | "mysql";
  url: string;
  /** The file of an SQLite database, absolute; null for a server. */
  path: string | null;
}

export interface WatchMode {
  mode: "auto" | "events" | "poll" | "off";
  intervalMs: number;
}

export const plainText: Kind<string> = { allowed: "any text", read: (text) => text };

export function textOf(minLength: number): Kind<string> {
  return {
    allowed: `at least ${minLength} characters, without spaces`,
    read: (text) => (text.length >= minLength && !/\s/.test(text) ? text : undefined),
  };
}

export const userName: Kind<string> = {
  allowed: "the name of a user, or numbers as in 10001:10001",
  read: (text) => (/^([a-z_][a-z0-9_-]{0,31}|\d{1,9})(:\d{1,9})?$/.test(text) ? text : undefined),
};

export function integer(min: number, max: number): Kind<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    read: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

export function duration(min: string, max: string): Kind<number> {
  const [least, most] = [parseDuration(min)!, parseDuration(max)!];
  return {
    allowed: `a duration such as 500ms, 10s, 5m, 1h or 1d, from ${min} to ${max}`,
    read: (text) => {
      const value = parseDuration(text);
      return value !== undefined && value >= least && value <= most ? value : undefined;
    },
  };
}

const SIZE_UNITS: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

function parseSize(text: string): number | undefined {
  const match = /^(\d{1,9})(B|KiB|MiB|GiB)$/.exec(text);
  return match ? Number(match[1]) * SIZE_UNITS[match[2]!]! : undefined;
}

export function size(min: string, max: string): Kind<number> {
  const [least, most] = [parseSize(min)!, parseSize(max)!];
  return {
    allowed: `a size such as 64KiB, 512MiB or 1GiB, from ${min} to ${max}`,
    read: (text) => {
      const value = parseSize(text);
      return value !== undefined && value >= least && value <= most ? value : undefined;
    },
  };
}

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return { allowed: `one of ${words.join(", ")}`, read: (text) => words.find((word) => word === text) };
}

export const yesNo: Kind<boolean> = {
  allowed: "1, true, 0 or false",
  read: (text) => ({ "1": true, true: true, "0": false, false: false })[text],
};

export const directory: Kind<string> = {
  allowed: "the path of a folder",
  read: (text, cwd) => resolve(cwd, text),
};

function nested(one: string, other: string): boolean {
  const [a, b] = [join(one, "/"), join(other, "/")];
  return a.startsWith(b) || b.startsWith(a);
}

export const sources: Kind<readonly SourceLocation[]> = {
  allowed:
    "one path, or name=path,name=path with names of a-z, 0-9, _ and -, no name and no path twice, no path inside of another; the name builtin is taken",
  read: (text, cwd) => {
    if (!/^[^/.]*=/.test(text) && !text.includes(",")) return [{ name: "default", path: resolve(cwd, text) }];
    const found: SourceLocation[] = [];
    for (const part of text.split(",")) {
      const match = /^\s*([a-z0-9][a-z0-9_-]{0,62})=(.*\S)\s*$/.exec(part);
      if (!match || match[1] === "builtin") return undefined;
      const source = { name: match[1]!, path: resolve(cwd, match[2]!) };
      // Of one inside of another each job would be two.
      if (found.some((other) => other.name === source.name || nested(other.path, source.path)))
        return undefined;
      found.push(source);
    }
    return found;
  },
};

export const database: Kind<DatabaseLocation> = {
  allowed: "sqlite:<file> or mysql://user:password@host:3306/database (mariadb:// is read as mysql://)",
  read: (text, cwd) => {
    if (text.startsWith("sqlite:")) {
      const file = text.slice("sqlite:".length).replace(/^\/\//, "");
      // An in-memory database would be a second, empty one for the reading connection.
      if (!file || file.startsWith(":") || /[?#]/.test(file)) return undefined;
      const path = resolve(cwd, file);
      return { kind: "sqlite", url: `sqlite:${path}`, path };
    }
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^(mysql|mariadb):\/\//.test(text) || !url.hostname || !url.username) return undefined;
    if (!/^\/[^/]+$/.test(url.pathname) || url.search || url.hash) return undefined;
    return { kind: "mysql", url: text.replace(/^mariadb:/, "mysql:"), path: null };
  },
};

export const host: Kind<string> = {
  allowed: "a host name or an IP address to listen on, such as 127.0.0.1 or 0.0.0.0",
  read: (text) => (isIP(text) || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) ? text : undefined),
};

export const timeZone: Kind<string> = {
  allowed: "an IANA time zone name such as UTC or Europe/Berlin",
  read: (text) => {
    // Newer Node versions also take offsets ("+02:00"), which know no daylight saving.
    if (!/^[A-Za-z]/.test(text)) return undefined;
    try {
      new Intl.DateTimeFormat("en", { timeZone: text });
      return text;
    } catch {
      return undefined;
    }
  },
};

export const watchMode: Kind<WatchMode> = {
  allowed: "auto, events, poll or off, with an interval if wanted: poll:2s (from 50ms to 1h)",
  read: (text) => {
    const match = /^(auto|events|poll|off)(?::(\w+))?$/.exec(text);
    const intervalMs = parseDuration(match?.[2] ?? "1s");
    if (!match || intervalMs === undefined || intervalMs < 50 || intervalMs > 3_600_000) return undefined;
    return { mode: match[1] as WatchMode["mode"], intervalMs };
  },
};

/**
 * The keys of a text, with a line or a comma between them; undefined when there is none, or one has white space inside: two
 * keys that were put together by mistake would be one that opens nothing.
 */
export function keysIn(text: string): readonly string[] | undefined {
  const keys = text
    .split(/[\n,]/)
    .map((key) => key.trim())
    .filter((key) => key !== "");
  return keys.length > 0 && !keys.some((key) => /\s/.test(key)) ? keys : undefined;
}

export const keyRing: Kind<readonly string[]> = {
  allowed:
    "one key or a list of keys (a comma or a line between them) of at least 32 characters each, without spaces, the newest first",
  read: (text) => {
    const keys = keysIn(text);
    return keys?.every((key) => key.length >= 32) ? keys : undefined;
  },
};

export const webAddress: Kind<string> = {
  allowed: "an address that begins with http:// or https://, without user, query and #",
  read: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:\/\//.test(text) || url.username || url.search || url.hash) return undefined;
    return text.replace(/\/+$/, "");
  },
};

export const basePath: Kind<string> = {
  allowed: "/ or a path such as /jobmount",
  read: (text) =>
    text === "/" ? "" : /^(\/[A-Za-z0-9._~-]+)+\/?$/.test(text) ? text.replace(/\/$/, "") : undefined,
};

export const addressList: Kind<readonly string[]> = {
  allowed: "a comma list of IP addresses or ranges such as 10.0.0.0/8",
  read: (text) => {
    const list = text.split(",").map((part) => part.trim());
    const right = list.every((part) => {
      const [address, bits, more] = part.split("/");
      const family = isIP(address ?? "");
      if (!family || more !== undefined) return false;
      return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
    });
    return right ? list : undefined;
  },
};
