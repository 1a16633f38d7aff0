// What restarts a whole program when a file of it is saved: how long until the new code runs. Each one that is there.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../test/support/service.ts";

export interface WatcherFigures {
  name: string;
  ms: number[];
}

const PATIENCE_MS = 10_000;

export async function measureWatchers(saves: number): Promise<WatcherFigures[]> {
  const bin = (name: string) => join(ROOT, "node_modules/.bin", name);
  const all: [string, string, (file: string) => string[]][] = [
    ["node --watch, restarts the program", process.execPath, (file) => ["--watch", file]],
    ["tsx watch, restarts the program", bin("tsx"), (file) => ["watch", "--clear-screen=false", file]],
    [
      "nodemon, restarts the program",
      join(ROOT, "bench/peer/node_modules/.bin/nodemon"),
      (file) => ["--quiet", file],
    ],
  ];
  const figures: WatcherFigures[] = [];
  for (const [name, command, args] of all) {
    if (!existsSync(command)) {
      console.log(`*** LEFT OUT: ${name.split(",")[0]}: needs \`npm install --prefix bench/peer\` ***`);
      continue;
    }
    figures.push({ name, ms: await measureWatcher(command, args, saves) });
  }
  return figures;
}

async function measureWatcher(
  command: string,
  args: (file: string) => string[],
  saves: number,
): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-"));
  const file = join(folder, "job.mjs");
  const save = (text: string) =>
    writeFileSync(
      file,
      `console.log("text ${text} " + Date.now() + ";"); setInterval(() => undefined, 60_000);\n`,
    );
  save("first");
  const child = spawn(command, args(file), {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  let told = "";
  child.stdout.on("data", (chunk: Buffer) => (told += chunk.toString()));
  const printed = async (text: string): Promise<number> => {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      const found = new RegExp(`text ${text} (\\d+);`).exec(told)?.[1];
      if (found !== undefined) return Number(found);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`${command} did not run ${text} within ${PATIENCE_MS} ms`);
  };
  try {
    await printed("first");
    const ms: number[] = [];
    for (let n = 0; n < saves; n++) {
      // It may still be busy with the last one.
      await new Promise((resolve) => setTimeout(resolve, 300));
      save(String(n));
      const savedAt = Date.now();
      ms.push((await printed(String(n))) - savedAt);
    }
    return ms;
  } finally {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid!, "SIGKILL");
  await gone;
}
