// The key that seals secrets: from the configuration, else a file beside the SQLite database, made at the first start.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { Config } from "../config.ts";

/**
 * The key ring, newest first. The file is readable by its owner only and is never written twice; whoever changes keys puts
 * the new one on a line above the others.
 */
export function secretKeys(config: Config): readonly string[] {
  if (config.secretKeys !== null) return config.secretKeys;
  const path = join(config.dataDir, "secret.key");
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, `${randomBytes(32).toString("hex")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(path, "utf8")
    .split(/[\n,]/)
    .map((key) => key.trim())
    .filter((key) => key !== "");
}
