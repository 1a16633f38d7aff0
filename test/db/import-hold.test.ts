// An import has its database for itself, from its first row to its last, and takes away nothing but its own rows.
import { expect } from "chai";
import { Readable } from "node:stream";
import type { Database } from "../../src/db/database.ts";
import { SettingsStore } from "../../src/db/settings-store.ts";
import { exportAll, importAll } from "../../src/db/transfer.ts";
import { linesIn } from "../../src/lines.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";

const KEYS = ["k".repeat(32)];
const HOLDERS = "SELECT IS_USED_LOCK(CONCAT('jobmount.import.', SHA1(DATABASE()))) AS id";

onEveryDatabase("an import has its database for itself", (databases) => {
  let lines: string[];
  before(async () => {
    const source = await databases.fresh();
    await new SettingsStore(source).set("a fact", "of the source");
    lines = [];
    await exportAll(source, KEYS, (line) => lines.push(line));
  });

  /** Hands out all but the last line and stands still before it until `go`. */
  function stalled(database: Database) {
    let go = (): void => undefined;
    const gone = new Promise<void>((resolve) => (go = resolve));
    let there = (): void => undefined;
    const standing = new Promise<void>((resolve) => (there = resolve));
    async function* some() {
      yield* lines.slice(0, -1);
      there();
      await gone;
      yield lines.at(-1)!;
    }
    const ended = importAll(database, KEYS, some()).then(
      () => undefined,
      (error: Error) => error,
    );
    return { standing, go, ended };
  }
  async function* all() {
    yield* lines;
  }

  // On SQLite the lock beside the file does it: test/db/single.test.ts.
  const onServer = databases.name === "mariadb";
  if (onServer)
    it("keeps others out, and finishes", async () => {
      const first = await databases.fresh();
      const second = await databases.again(first);
      const one = stalled(first);
      await one.standing;
      const refused = await importAll(second, KEYS, all()).catch((error: Error) => error);
      expect((refused as Error).message).to.include("another import");
      one.go();
      expect(await one.ended).to.equal(undefined);
      expect(await new SettingsStore(second).get("a fact")).to.equal("of the source");
    }).timeout(60_000);

  it("takes nothing away from the one that came after it was lost", async () => {
    const first = await databases.fresh();
    const second = onServer ? await databases.again(first) : first;
    const one = stalled(first);
    await one.standing;
    if (onServer) {
      const [holder] = await second.read.all(HOLDERS);
      await second.read.run(`KILL ${Number(holder!["id"])}`);
      await eventually(async () => (await second.read.all(HOLDERS))[0]!["id"] === null, 20_000);
    }
    await importAll(second, KEYS, all());
    await new SettingsStore(second).set("a fact", "of a service that is at work since");
    one.go();
    expect((await one.ended)?.message).to.include("another import");
    expect(await new SettingsStore(second).get("a fact")).to.equal("of a service that is at work since");
  }).timeout(60_000);

  it("is in lines of which no reader takes the middle for an end, whatever its texts hold", async () => {
    const odd = "a\u2028b\u2029c\r\nd \u0085 ü🛰";
    const source = await databases.fresh();
    await new SettingsStore(source).set("odd", odd);
    const texts: string[] = [];
    await exportAll(source, KEYS, (line) => texts.push(line));
    expect(texts.join("")).not.to.match(/[\u2028\u2029\r]/);
    const target = await databases.fresh();
    // Byte by byte: a letter may be cut anywhere, and a file may have been on Windows.
    const bytes = Array.from(Buffer.from(`${texts.join("\r\n")}\r\n`), (byte) => Buffer.from([byte]));
    await importAll(target, KEYS, linesIn(Readable.from(bytes)));
    expect(await new SettingsStore(target).get("odd")).to.equal(odd);
    // An export of before: such a character stands in a line as it is.
    const old: string[] = [];
    for await (const line of linesIn(Readable.from([Buffer.from('["a\u2028b"]\n["c"]')]))) old.push(line);
    expect(old).to.deep.equal(['["a\u2028b"]', '["c"]']);
  });

  it("is refused when a line was changed or the key is another one, and nothing stays", async () => {
    const target = await databases.fresh();
    const importing = (text: string[], keys = KEYS) =>
      importAll(
        target,
        keys,
        (async function* () {
          yield* text;
        })(),
      );
    const failing = (work: Promise<unknown>) =>
      work.then(
        () => "",
        (error: Error) => error.message,
      );
    const changed = lines.map((line) => line.replace("of the source", "of somebody"));
    expect(await failing(importing(changed))).to.include("was changed");
    expect(await failing(importing(lines, ["l".repeat(32)]))).to.include("JOBMOUNT_SECRET_KEY");
    expect(await new SettingsStore(target).get("a fact")).to.equal(undefined);
    await importing(lines, ["n".repeat(32), ...KEYS]);
  }).timeout(60_000);
});
