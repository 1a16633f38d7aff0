// The files in which ends of attempts wait: whole or not there, read back as they were, and set aside when damaged (X5).
import { expect } from "chai";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finish } from "../../src/runs/store.ts";
import { FileSpool } from "../../src/db/spool.ts";
import { finishOf } from "../contract/make.ts";

describe("the spool", () => {
  let root: string;
  let folder: string;
  let spool: FileSpool;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "jobmount-spool-"));
    folder = join(root, "deep", "spool");
    spool = new FileSpool(folder);
    await spool.open();
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });

  const ends = [
    finishOf(
      { id: "run_1", attempt: 2 },
      {
        result: { $map: [["not", "ours"]], nested: { values: [1, null] } },
        cause: "line\u2028one\nline two 🛰",
        lines: [{ seq: 1, time: 5, level: "info", stream: "stdout", attempt: 2, text: "a\u001b[1m\n" }],
        state: {
          source: "default",
          jobKey: "job",
          scope: "",
          values: new Map<string, unknown>([
            ["kept", { a: 1 }],
            ["nothing", null],
            ["removed", undefined],
          ]),
        },
      },
    ),
    finishOf({ id: "run_2", attempt: 1 }),
  ];

  it("X5: gives back what was kept, values that were removed among it", async () => {
    const name = await spool.keep(ends);
    expect(await spool.names()).to.deep.equal([name]);
    const read = (await new FileSpool(folder).read(name)) as Finish[];
    expect(read).to.deep.equal(ends);
    expect([...read![0]!.state!.values.keys()]).to.deep.equal(["kept", "nothing", "removed"]);
    await spool.drop(name);
    await spool.drop(name);
    expect(await spool.names()).to.deep.equal([]);
    expect(await spool.read(name)).to.equal(undefined);
    expect(spool.trouble).to.equal(null);
  });

  it("keeps the files in the order in which they were made, for their owner alone", async () => {
    const names: string[] = [];
    for (let n = 0; n < 3; n++) {
      names.push(await spool.keep([ends[1]!]));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(await spool.names()).to.deep.equal(names);
    expect(statSync(join(folder, names[0]!)).mode & 0o777).to.equal(0o600);
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
  });

  it("X5: sets a damaged file aside, byte for byte, and says so", async () => {
    for (const damage of [
      (text: string) => text.slice(0, -20),
      (text: string) => text.replace("run_2", "run_3"),
      (text: string) => text.replace(/\{"version".*/, '{"version":2}'),
      () => "",
    ]) {
      const name = await spool.keep(ends);
      const damaged = damage(readFileSync(join(folder, name), "utf8"));
      writeFileSync(join(folder, name), damaged);
      expect(await spool.read(name)).to.equal("damaged");
      expect(await spool.names()).to.deep.equal([]);
      expect(readFileSync(join(folder, `${name}.damaged`), "utf8")).to.equal(damaged);
    }
    expect(spool.trouble).to.include("4 files");
    const next = new FileSpool(folder);
    await next.open();
    expect(next.trouble).to.include("4 files");
  });

  it("takes away at the start what a killed process left half-written", async () => {
    const name = await spool.keep(ends);
    writeFileSync(join(folder, "m1-2-3.ends.tmp"), '{"runId":');
    await new FileSpool(folder).open();
    expect(readdirSync(folder)).to.deep.equal([name]);
  });

  it("A6: says so when the folder cannot be written, and when it can again", async function () {
    if (process.getuid?.() === 0) {
      // The superuser may write anywhere: a file where the folder should be does the same.
      rmSync(folder, { recursive: true });
      writeFileSync(folder, "");
    } else chmodSync(folder, 0o500);
    await spool.keep(ends).then(
      () => expect.fail("kept"),
      () => undefined,
    );
    expect(spool.trouble).to.match(/cannot be kept in files: E/);
    await new FileSpool(folder).open();
    if (process.getuid?.() === 0) {
      rmSync(folder);
      await spool.open();
    } else chmodSync(folder, 0o700);
    await spool.keep(ends);
    expect(spool.trouble).to.equal(null);
  });
});
