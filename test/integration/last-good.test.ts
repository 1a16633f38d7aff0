// A job that does not load: what is told of it, what its runs do meanwhile, and how it heals, on both databases.
import { expect } from "chai";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Mounts, prints } from "../support/mounts.ts";
import type { Json } from "../support/service.ts";

const HASH = /^[0-9a-f]{64}$/;

onEveryDatabase("R1: last good serves on", function (databases) {
  let mounts: Mounts;
  const KEYS = ["syntax", "contract", "helper", "reverted", "several", "removed", "restart", "other"];

  before(async function () {
    this.timeout(60_000);
    mounts = await Mounts.start({
      sources: ["acme"],
      database: await databases.freshUrl(),
      prepare: (made) => {
        for (const key of KEYS) made.write({ [`acme/${key}/job.ts`]: prints('"good"') });
        made.write({ "acme/new/job.ts": "export class Job {}" });
      },
    });
    for (const key of KEYS) await mounts.prints(key, "good");
  });
  after(() => mounts.stop());

  const save = (key: string, text: string) => mounts.write({ [`acme/${key}/job.ts`]: text });
  const listed = async (key: string): Promise<Json> =>
    (await mounts.service.get("/load-errors?limit=200")).json.data.find((failed: Json) => failed.job === key);

  it("a syntax error is told as the bundler tells it: file, line, column, code frame, hint, both hashes, since when", async () => {
    const good = (await mounts.job("syntax")).version.hash;
    const saved = Date.now();
    save(
      "syntax",
      [
        'import { defineJob } from "jobmount";',
        "",
        "export class Job extends defineJob({",
        '  name: "x";',
        "}) {",
      ].join("\n"),
    );
    const job = await mounts.becomes("syntax", "stale");
    const { hash, since, frame, ...error } = job.loadError;
    expect(error).to.deep.include({
      code: "syntax",
      message: 'Expected "}" but found ";"',
      file: "syntax/job.ts",
      line: 4,
      column: 12,
      serving: good,
    });
    expect(frame.split("\n")).to.deep.include.members(['> 4 |   name: "x";', "    |            ^"]);
    expect(error.hint).to.be.a("string").and.not.equal("");
    expect(hash).to.match(HASH).and.not.equal(good);
    expect(Date.parse(since)).to.be.within(saved - 1_000, saved + 8_000);
    expect(job.version.hash).to.equal(good);
    expect(await mounts.printed("syntax")).to.equal("good");
    expect(await listed("syntax")).to.deep.include({
      job: "syntax",
      loadState: "stale",
      hash,
      serving: good,
      since,
    });
    save("syntax", prints('"mended"'));
    await mounts.prints("syntax", "mended");
    expect((await mounts.job("syntax")).loadError).to.equal(null);
    expect(await listed("syntax")).to.equal(undefined);
  });

  it("a contract mistake is told by the name of its rule, at its place, with the next step", async () => {
    save("contract", prints('"x"', "", 'timeOut: "5m"'));
    const { loadError } = await mounts.becomes("contract", "stale");
    expect(loadError).to.deep.include({ code: "E008", file: "contract/job.ts", line: 3 });
    expect(loadError.message).to.contain("timeOut");
    expect(loadError.hint).to.contain("timeout");
    expect(loadError.frame).to.contain("timeOut");
    save("contract", "export class Job { execute() {} }");
    const again = await eventually(async () => {
      const job = await mounts.job("contract");
      return job.loadError.code === "E002" && job.loadError;
    });
    expect(again.since, "since when nothing loads").to.equal(loadError.since);
    expect(again.hash).not.to.equal(loadError.hash);
    expect(await mounts.printed("contract")).to.equal("good");
    save("contract", prints('"mended"', "", 'timeout: "5m"'));
    await mounts.prints("contract", "mended");
  });

  it("a mistake in a helper is told with the helper's own place", async () => {
    mounts.write({
      "acme/helper/lib/words.ts": 'export const words = "one";',
      "acme/helper/job.ts": prints("words", 'import { words } from "./lib/words";'),
    });
    await mounts.prints("helper", "one");
    mounts.write({ "acme/helper/lib/words.ts": "export const words = [1, 2;" });
    const { loadError } = await mounts.becomes("helper", "stale");
    expect(loadError).to.deep.include({ code: "syntax", file: "helper/lib/words.ts", line: 1 });
    expect(await mounts.printed("helper")).to.equal("one");
    mounts.write({ "acme/helper/lib/words.ts": 'export const words = "two";' });
    await mounts.prints("helper", "two");
  });

  it("an error clears by itself when the files are again as they were, without a new version", async () => {
    const { version } = await mounts.job("reverted");
    save("reverted", "broken(");
    await mounts.becomes("reverted", "stale");
    save("reverted", prints('"good"'));
    const job = await mounts.becomes("reverted", "ready");
    expect(job.version).to.deep.equal(version);
    expect(job.loadError).to.equal(null);
    expect(await mounts.printed("reverted")).to.equal("good");
  });

  it("several mistakes at once are told each by itself", async () => {
    save("several", prints('"x"', "", 'timeOut: "5m", overlap: "queue"'));
    const { loadError } = await mounts.becomes("several", "stale");
    expect(loadError.problems.map((one: Json) => one.code).sort()).to.deep.equal(["E008", "E009"]);
    for (const one of loadError.problems) expect(one.hint).to.be.a("string");
    save("several", prints('"mended"'));
    await mounts.prints("several", "mended");
  });

  it("type errors do not keep a job from loading", async () => {
    const text = [
      "const wrong: number = 'text';",
      "export const untyped = (value) => value as string + wrong;",
    ];
    mounts.write({
      "acme/types/check.ts": text.join("\n"),
      "acme/types/job.ts": prints(
        'untyped("typed ")',
        'import { untyped } from "./check";\nconst n: string = 5; void n;',
      ),
    });
    await mounts.prints("types", "typed text");
    expect(await listed("types")).to.equal(undefined);
  });

  it("a job that never loaded is listed and cannot be started, and loads when it is mended", async () => {
    const job = await mounts.becomes("new", "error");
    expect(job).to.deep.include({ version: null });
    expect(job.loadError).to.deep.include({ code: "E002", serving: null });
    const { status, json } = await mounts.service.call("POST", "/jobs/new/runs", {});
    expect(status).to.equal(409);
    expect(json.detail).to.contain("has never loaded");
    save("new", prints('"mended"'));
    await mounts.prints("new", "mended");
  });

  it("an error goes with the folder that had it", async () => {
    save("removed", "broken(");
    await mounts.becomes("removed", "stale");
    mounts.remove("acme/removed");
    const job = await mounts.becomes("removed", "missing");
    expect(job.loadError).to.equal(null);
    expect(await listed("removed")).to.equal(undefined);
    save("removed", prints('"mended"'));
    await mounts.prints("removed", "mended");
  });

  it("all of it is known after a restart, and what is mended meanwhile is loaded then", async function () {
    this.timeout(60_000);
    save("restart", "broken(");
    const before = await mounts.becomes("restart", "stale");
    await mounts.service.terminate();
    await mounts.service.startAgain();
    const after = await mounts.job("restart");
    expect(after.loadError).to.deep.equal(before.loadError);
    expect(await mounts.printed("restart")).to.equal("good");
    expect((await mounts.job("other")).loadState).to.equal("ready");
    await mounts.service.terminate();
    save("restart", prints('"mended"'));
    await mounts.service.startAgain();
    await mounts.prints("restart", "mended");
  });
});
