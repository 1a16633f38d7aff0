// The ends of attempts on their way into a real database: what it refuses, and what it cannot take just now.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ends } from "../../src/actors/ends.ts";
import { systemClock } from "../../src/clock.ts";
import { FileSpool } from "../../src/db/spool.ts";
import { type Logger, silentLogger } from "../../src/log.ts";
import { finishOf } from "../contract/make.ts";
import { line, onEveryRunStore } from "../contract/run-rig.ts";
import { eventually } from "../support/eventually.ts";

onEveryRunStore("ends of attempts", (rig, databases) => {
  let folder: string;
  let spool: FileSpool;
  let ends: Ends;
  let told: string[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "jobmount-ends-"));
    spool = new FileSpool(folder);
    await spool.open();
    told = [];
    const log: Logger = {
      ...silentLogger,
      warn: (_, message) => told.push(message),
      error: (_, message) => told.push(message),
    };
    ends = new Ends({ store: rig.store, spool, clock: systemClock, log, againMs: 5 });
  });
  afterEach(async () => {
    await ends.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const rename = (from: string, to: string) =>
    rig.database.write((sql) => sql.run(`ALTER TABLE ${from} RENAME TO ${to}`));
  const output = { log: { lines: 1, bytes: 2, droppedBytes: 0 }, lines: [line(1, 1)], result: { n: 1 } };

  it("X5: a fault of the database's own is asked past for as long as it lasts, and costs nothing of what was told", async () => {
    const run = await rig.running();
    let asked = 0;
    const finish: typeof rig.store.finish = (end) => (asked++, rig.store.finish(end));
    ends = new Ends({ store: { finish }, spool, clock: systemClock, log: silentLogger, againMs: 5 });
    await rename("run_attempts", "run_attempts_away");
    const writing = ends.write(finishOf(run, output));
    await eventually(() => asked > 8);
    await rename("run_attempts_away", "run_attempts");
    expect(await writing).to.equal("done");
    expect(await rig.get(run.id)).to.deep.include({ state: "succeeded", reason: null, result: { n: 1 } });
    expect((await rig.queries.logLines(run.id, { limit: 9 })).lines).to.have.length(1);
  });

  it("A6: a disk that stays full is told once, and not at each try", async () => {
    const run = await rig.running();
    const full = new Error("no space left on device");
    const keep = spool.keep.bind(spool);
    let asked = 0;
    spool.keep = () => (asked++, Promise.reject(full));
    const finish: typeof rig.store.finish = () => new Promise(() => undefined);
    const log: Logger = { ...silentLogger, error: (_, message) => told.push(message) };
    ends = new Ends({ store: { finish }, spool, clock: systemClock, log, patienceMs: 4 });
    void ends.write(finishOf(run, output));
    await eventually(() => asked > 5);
    expect(told).to.deep.equal(["the ends of runs cannot be kept in a file"]);
    spool.keep = keep;
  });

  it("says nothing of a file whose ends were written meanwhile", async () => {
    class Listed extends FileSpool {
      override names() {
        return Promise.resolve(["gone-1-1.ends"]);
      }
    }
    const log: Logger = { ...silentLogger, error: (_, message) => told.push(message) };
    ends = new Ends({ store: rig.store, spool: new Listed(folder), clock: systemClock, log });
    expect(await ends.replay()).to.equal(true);
    expect(told).to.deep.equal([]);
  });

  it("L2: values that it refuses are left out at last, and the row says so", async () => {
    const run = await rig.running();
    expect(await ends.write(finishOf(run, { ...output, result: { n: 10n } }))).to.equal("done");
    const row = await rig.get(run.id);
    expect(row).to.include({ state: "failed", reason: "invalid_result" });
    expect(row.cause).to.match(/^what it told could not be stored: .*BigInt/);
  });

  it("X5: a file that cannot be read keeps no newer one back, and is trouble that is told", async () => {
    const run = await rig.running();
    mkdirSync(join(folder, "0-1-1.ends"));
    writeFileSync(join(folder, "0-1-2.ends"), "half a line");
    await spool.keep([finishOf(run, output)]);
    expect(await ends.replay()).to.equal(false);
    expect(await rig.get(run.id)).to.include({ state: "succeeded" });
    expect(readdirSync(folder)).to.deep.equal(["0-1-1.ends", "0-1-2.ends.damaged"]);
    expect(told).to.deep.equal([
      "the spool could not be brought in; trying again",
      "a file of the spool was damaged and is set aside",
      "ends of runs were brought in from the spool",
    ]);
    expect(spool.trouble).to.match(/cannot be read: 0-1-1.ends$/);
    rmSync(join(folder, "0-1-1.ends"), { recursive: true });
    expect(await ends.replay()).to.equal(true);
    expect(spool.trouble).to.match(/^1 files/);
  });

  it("tells of each end that it brought in from a file, and of none that came too late", async () => {
    const run = await rig.running();
    await spool.keep([finishOf(run, output), finishOf({ id: "run_unknown", attempt: 1 })]);
    const broughtIn: string[] = [];
    const onBroughtIn = (runId: string) => broughtIn.push(runId);
    ends = new Ends({ store: rig.store, spool, clock: systemClock, log: silentLogger, onBroughtIn });
    expect(await ends.replay()).to.equal(true);
    expect(broughtIn).to.deep.equal([run.id]);
  });

  it("X5: a file whose ends the database cannot take just now stays, and keeps no other back", async () => {
    const run = await rig.running();
    await spool.keep([finishOf(run, output)]);
    await rename("run_attempts", "run_attempts_away");
    expect(await ends.replay()).to.equal(false);
    await rename("run_attempts_away", "run_attempts");
    expect(await ends.replay()).to.equal(true);
    expect(await rig.get(run.id)).to.include({ state: "succeeded" });
  });

  if (databases.name === "mariadb") {
    it("L2: a text that has no room in its column is a value that is refused", async () => {
      const run = await rig.running();
      const progress = { percent: 1, message: "x".repeat(2_000) };
      await ends.write(finishOf(run, { ...output, progress }));
      expect((await rig.get(run.id)).cause).to.match(/^what it told could not be stored: .*progress_message/);
    });
  }
});
