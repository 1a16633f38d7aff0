// The guard: a process of its own, which outlives a killed service for as long as it takes to end all that its jobs made.
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { Reaper } from "./reaper.ts";
import { removeTree } from "./remove-tree.ts";

const [instance, silenceMs, tempDir, uid, since] = process.argv.slice(2);
const reaper = new Reaper(instance!, uid === undefined ? null : { uid: Number(uid), since: Number(since) });
/** Groups of the children that live, by their mark. */
const groups = new Map<string, number>();
let heardAt = performance.now();
let rest = "";
let ending: Promise<void> | undefined;

// Whoever ends the service by its group or terminal does not end the guard: it ends when its pipe does.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"]) process.on(signal, () => undefined);

const orders = new Socket({ fd: 0, readable: true, writable: false });
orders.setEncoding("latin1");
orders.on("data", (text: string) => {
  heardAt = performance.now();
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) void obey(line.split(" "));
});
orders.once("close", () => void endAll().finally(() => process.exit(0)));
orders.on("error", () => undefined);

/** `child <mark> <pid>`, `end <mark>`, `bearers <mark>`, and `beat`: the service lives, and hears that the guard does. */
async function obey([word, mark, pid]: string[]): Promise<void> {
  if (word === "child") groups.set(mark!, Number(pid));
  else if (word === "beat") answer("alive", "-", []);
  else if (word === "bearers") answer("bearers", mark!, await reaper.bearers(mark!));
  else if (word === "end") {
    const left = await reaper.end(mark!, groups.get(mark!) ?? Number(pid));
    groups.delete(mark!);
    answer("ended", mark!, left);
  }
}

function answer(word: string, mark: string, pids: readonly number[]): void {
  try {
    writeSync(1, `${[word, mark, ...pids].join(" ")}\n`);
  } catch {
    // Nobody listens any more: the end of our pipe says so too.
  }
}

async function endAll(): Promise<void> {
  await reaper.endAll([...groups.values()]);
  await removeTree(tempDir!);
}

/** A service that stands still longer than its lease allows is taken for lost by others: its jobs must not go on. */
setInterval(
  () => {
    if (performance.now() - heardAt < Number(silenceMs)) return;
    if (groups.size > 0) answer("silence", "-", []);
    // One at a time: a silence may last, and each looks at all processes of the machine again and again.
    ending ??= reaper.endAll([...groups.values()]).finally(() => (ending = undefined));
  },
  Math.max(50, Number(silenceMs) / 10),
);
