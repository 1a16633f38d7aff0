import { expect } from "chai";
import { Face } from "../support/face.ts";
import { ordersSpec } from "../support/http-doubles.ts";

const JOB = "billing/sync-orders";
const [ONE, TWO, THREE] = ["1a".repeat(32), "2b".repeat(32), "2b".repeat(31) + "3c"] as const;

describe("the versions of a job", () => {
  const face = new Face();
  before(async () => {
    await face.start();
    const { versions } = face.world;
    const job = `${JOB}/job.ts`;
    versions.add(
      JOB,
      ONE,
      {
        [job]: "line 1\nline 2\nline 3\n",
        [`${JOB}/gone.ts`]: "gone\n",
        [`${JOB}/picture`]: "a\u0000b",
        [`${JOB}/node_modules/dayjs/index.js`]: "one",
        [`${JOB}/node_modules/dayjs/utc.js`]: "one",
        [`${JOB}/same.ts`]: "same",
      },
      { loadedAt: 1_800_000_001_000, sourceRevision: "c".repeat(40) },
    );
    versions.add(
      JOB,
      TWO,
      {
        [job]: "line 1\nline two\nline 3\n",
        [`${JOB}/new.ts`]: "new",
        [`${JOB}/picture`]: "a\u0000c!",
        [`${JOB}/node_modules/dayjs/index.js`]: "two",
        [`${JOB}/node_modules/dayjs/utc.js`]: "two",
        [`${JOB}/same.ts`]: "same",
      },
      {
        loadedAt: 1_800_000_002_000,
        spec: ordersSpec({
          timeoutMs: 5,
          requiredParams: { token: { type: "password", label: "Another label" }, region: { type: "string" } },
          optionalParams: { batchSize: { type: "integer", default: 100, min: 1, max: 10 } },
          schedules: [{ cron: "0 3 * * *", params: { token: "in-the-code" } }],
        }),
      },
    );
    versions.add(JOB, THREE, {}, { loadedAt: 1_800_000_000_000, spec: ordersSpec() });
    face.world.entries[0]!.currentVersion = TWO;
  });
  after(() => face.stop());

  it("are listed, the last loaded first, each with what changed in its params since the one before", async () => {
    const { status, json } = await face.ask("GET", "/jobs/billing.sync-orders/versions?limit=2");
    expect(status).to.equal(200);
    const [two, one] = json.data;
    expect(two).to.deep.include({
      hash: TWO,
      declared: "1.2.0",
      serves: true,
      pinned: false,
      loadedAt: "2027-01-15T08:00:02.000Z",
      revision: null,
      files: 6,
      paramChanges: [
        { name: "batchSize", change: "changed", says: ["max 1000 -> 10"] },
        { name: "region", change: "added", says: ["required, string"] },
      ],
    });
    expect(one).to.deep.include({ hash: ONE, serves: false, revision: "c".repeat(40), paramChanges: [] });
    const next = String(json["page"]!["next"]);
    const rest = await face.ask("GET", `/jobs/billing.sync-orders/versions?limit=2&cursor=${next}`);
    expect(rest.json.data.map((version) => version["hash"])).to.deep.equal([THREE]);
    expect(rest.json.data[0]).to.deep.include({ paramChanges: null });
    expect(rest.json["page"]).to.deep.equal({ next: null, hasMore: false });
    const forged = Buffer.from(JSON.stringify(["loadedAt", "x"])).toString("base64url");
    const refused = await face.ask("GET", `/jobs/billing.sync-orders/versions?cursor=${forged}`);
    expect(refused.status).to.equal(400);
  });

  it("one is found by its hash or the beginning of it, with spec and files and without secrets", async () => {
    const { status, json } = await face.ask("GET", `/jobs/billing.sync-orders/versions/${ONE.slice(0, 7)}`);
    expect(status).to.equal(200);
    expect(json).to.deep.include({ hash: ONE, builder: "builder", name: "Sync orders" });
    expect(json["spec"]).to.deep.include({ timeoutMs: 3_600_000 });
    expect(JSON.stringify(json)).not.to.contain("in-the-code");
    expect(json["files"]).to.have.length(6);
    for (const [hash, code] of [
      ["1a1a1a", 404],
      ["f".repeat(64), 404],
      ["2b".repeat(20), 409],
      ["../../etc", 404],
      ["%27%20OR%201", 404],
    ] as const) {
      const answer = await face.ask("GET", `/jobs/billing.sync-orders/versions/${hash}`);
      expect(answer.status, hash).to.equal(code);
    }
    const other = await face.ask("GET", `/jobs/open/versions/${ONE}`);
    expect(other.status, "a version of another job").to.equal(404);
    expect(other.json["detail"]).to.contain("at least 7 digits");
  });

  it("the source is shown whole or file by file, as plain text whatever it is", async () => {
    const path = `/jobs/billing.sync-orders/versions/${ONE}/source`;
    const { json } = await face.ask("GET", path);
    const texts = Object.fromEntries(
      (Object.values(json["files"]!) as unknown as { path: string; text: string | null }[]).map((file) => [
        file.path,
        file.text,
      ]),
    );
    expect(texts).to.deep.equal({
      [`${JOB}/job.ts`]: "line 1\nline 2\nline 3\n",
      [`${JOB}/gone.ts`]: "gone\n",
      [`${JOB}/picture`]: null,
      [`${JOB}/node_modules/dayjs/index.js`]: null,
      [`${JOB}/node_modules/dayjs/utc.js`]: null,
      [`${JOB}/same.ts`]: "same",
    });
    const one = await face.ask("GET", `${path}?file=${encodeURIComponent(`${JOB}/job.ts`)}`);
    expect(one.text).to.equal("line 1\nline 2\nline 3\n");
    expect(one.headers.get("content-type")).to.equal("text/plain; charset=utf-8");
    expect(one.headers.get("x-content-type-options")).to.equal("nosniff");
    const none = await face.ask("GET", `${path}?file=other.ts`);
    expect(none.status).to.equal(404);
    expect(none.json["detail"]).to.contain(`it has ${JOB}/job.ts`);
    const packaged = await face.ask("GET", `${path}?file=${JOB}/node_modules/dayjs/utc.js`);
    expect(packaged.json["detail"]).to.contain("installed package");
  });

  it("the difference of two is a readable patch of each file, with params and fields beside it", async () => {
    const path = `/jobs/billing.sync-orders/versions/${ONE}/diff/${TWO.slice(0, 63)}`;
    const { status, json } = await face.ask("GET", path);
    expect(status).to.equal(200);
    expect(json).to.deep.include({ from: ONE, to: TWO });
    const files = Object.values(json["files"]!) as unknown as Record<string, string | null>[];
    expect(files.map(({ path, change }) => [path, change])).to.deep.equal([
      [`${JOB}/gone.ts`, "removed"],
      [`${JOB}/job.ts`, "changed"],
      [`${JOB}/new.ts`, "added"],
      [`${JOB}/node_modules/dayjs`, "changed"],
      [`${JOB}/picture`, "changed"],
    ]);
    expect(files[1]!["patch"]).to.equal(
      [
        `--- a/${JOB}/job.ts`,
        `+++ b/${JOB}/job.ts`,
        "@@ -1,3 +1,3 @@",
        " line 1",
        "-line 2",
        "+line two",
        " line 3",
        "",
      ].join("\n"),
    );
    expect(files[0]!["patch"]).to.contain("+++ /dev/null").and.to.contain("-gone");
    expect(files[2]!["patch"]).to.contain("--- /dev/null").and.to.contain("No newline at end of file");
    expect(files[4]).to.deep.include({ patch: null, note: "not a text, 3 -> 4 bytes" });
    expect(files[3]!["note"]).to.contain("installed package");
    const fields = Object.values(json["fields"]!) as unknown as { field: string }[];
    expect(fields.map(({ field }) => field)).to.deep.equal(["timeoutMs", "schedules"]);
    expect(JSON.stringify(json), "no secret of a suggested schedule").not.to.contain("in-the-code");
    expect(Object.values(json["params"]!)).to.have.length(2);
    const patch = await face.ask("GET", path, { headers: { accept: "text/x-diff" } });
    expect(patch.headers.get("content-type")).to.equal("text/x-diff; charset=utf-8");
    expect(patch.text).to.contain("+line two").and.to.contain(`# ${JOB}/picture changed: not a text`);
  });

  it("A3: two large texts that differ in every line stall nobody", async () => {
    const lines = (seed: number) =>
      Array.from({ length: 20_000 }, (_, i) => `${(i * seed) % 9973}`).join("\n");
    face.world.versions.add("open", "a".repeat(64), { "open/job.ts": lines(7) });
    face.world.versions.add("open", "b".repeat(64), { "open/job.ts": lines(11) });
    const from = performance.now();
    const { json } = await face.ask("GET", `/jobs/open/versions/${"a".repeat(64)}/diff/${"b".repeat(64)}`);
    expect(performance.now() - from).to.be.below(2_000);
    const [file] = Object.values(json["files"]!);
    expect(String(file!["note"])).to.contain("too different to be compared line by line");
  });

  it("pin, unpin and reload answer the job; a wrong version is named", async () => {
    const base = "/jobs/billing.sync-orders";
    const pinned = await face.ask("POST", `${base}/pin`, { body: { version: ONE.slice(0, 8) } });
    expect(pinned.status).to.equal(200);
    expect(pinned.json).to.deep.include({ pinned: true });
    expect(pinned.json["version"]).to.deep.include({ hash: ONE });
    const listed = await face.ask("GET", `${base}/versions`);
    expect(listed.json.data.find((one) => one["pinned"])).to.deep.include({ hash: ONE, serves: true });
    const none = await face.ask("POST", `${base}/pin`, { body: { version: "f".repeat(64) } });
    expect(none.status).to.equal(404);
    for (const body of [{}, { version: 7 }, { version: "abc" }, { version: ONE, more: 1 }]) {
      const wrong = await face.ask("POST", `${base}/pin`, { body });
      expect(wrong.status, JSON.stringify(body)).to.equal(422);
    }
    const released = await face.ask("POST", `${base}/unpin`);
    expect(released.json).to.deep.include({ pinned: false });
    expect((await face.ask("POST", `${base}/reload`)).status).to.equal(200);
  });
});
