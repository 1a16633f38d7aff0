// The key that seals secrets: from the configuration, else a file beside the SQLite database, made at the first start.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../config.ts";
import { keysIn } from "../config/values.ts";
import { makeFolder } from "../db/folder.ts";
import { ExpectedError } from "../errors.ts";

/**
 * The key ring, newest first. The file is readable by its owner only and is never written twice; whoever changes keys puts
 * the new one on a line above the others.
 */
export function secretKeys(config: Config): readonly string[] {
  if (config.secretKeys !== null) return config.secretKeys;
  const path = join(config.dataDir, "secret.key");
  makeFolder(dirname(path));
  if (!existsSync(path)) makeKey(path);
  const text = readFileSync(path, "utf8");
  const keys = keysIn(text);
  if (keys) return keys;
  const wrong = "holds a key with a space inside: one key a line, or commas between them";
  const told =
    text.trim() !== ""
      ? `${path} ${wrong}`
      : `${path} holds no key: put back the copy that you keep of it; if no secret was ever saved, delete it and a new one is made`;
  throw new ExpectedError(500, "secret_key", told);
}

/** On the disk before anything is sealed with it, and never seen half: of two that make one, both use the first. */
function makeKey(path: string): void {
  const own = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    const file = openSync(own, "wx", 0o600);
    writeFileSync(file, `${randomBytes(32).toString("hex")}\n`);
    fsyncSync(file);
    closeSync(file);
    linkSync(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}
