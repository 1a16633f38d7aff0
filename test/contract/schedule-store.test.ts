// ScheduleStore on every database: what is put in comes out (A1).
import { expect } from "chai";
import { DbIdempotencyStore } from "../../src/db/idempotency-store.ts";
import { isDuplicate } from "../../src/db/sql.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { scheduleOf, T0 } from "./make.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";

onEveryScheduleStore("ScheduleStore", (rig) => {
  const kinds: Partial<Schedule>[] = [
    {
      when: {
        kind: "cron",
        cron: "30 2 * * 1-5",
        timeZone: "Europe/Berlin",
        gap: "skip",
        repeat: "both",
      },
      timeZone: "Europe/Berlin",
      name: "naïve 🛰",
      params: { token: { $sealed: "v1.a.b.c" }, list: [1, "two", null], deep: { x: {} } },
      enabled: false,
      disabled: { by: "token:ana", at: T0 },
      paused: { by: "token:ana", reason: "deploy 🛰", at: T0, until: T0 + 9 },
      held: {
        by: "service",
        reason: "size is gone",
        errors: [{ pointer: "/params/size", code: "unknown", message: "is gone" }],
        at: T0,
      },
      suspended: { key: "paused", reason: "paused", cause: "skipped: paused", from: T0 },
      skips: [{ at: T0 + 60_000, by: "token:ana", reason: null }],
      pauseAfterFailures: 3,
      failuresSince: T0 - 7,
      overlap: "cancel_other",
      catchUp: { policy: "merge", windowMs: 0, max: 1 },
      jitterMs: 5_000,
      timeoutMs: 1,
      retries: { attempts: 3, backoffMs: 10, factor: 1.5, maxMs: 100 },
      maxFailedShare: 0.05,
      startAt: T0 - 1,
      endAt: Number.MAX_SAFE_INTEGER,
      maxRuns: 7,
      runsCounted: 3,
      revision: 9,
      nextFireAt: null,
      origin: "code",
      suggested: { cron: "0 2 * * *", timeZone: "Europe/Berlin" },
    },
    { when: { kind: "every", everyMs: 1_000, anchorAt: T0 - 123 } },
    { when: { kind: "at", at: T0 + 1 }, timeZone: "Asia/Kathmandu" },
  ];
  for (const kind of kinds) {
    it(`gives back a schedule of kind ${kind.when!.kind} with every field as it was`, async () => {
      const schedule = scheduleOf(kind);
      await rig.store.insert(schedule, "ci");
      expect(await rig.store.byId(schedule.id)).to.deep.equal(schedule);
      const [first] = await rig.revisionsOf(schedule.id);
      expect(first).to.deep.equal({
        revision: schedule.revision,
        from: schedule.updatedAt,
        actor: "ci",
        action: "created",
        reason: null,
        definition: schedule,
      });
    });
  }

  it("knows nothing of an unknown id", async () => {
    expect(await rig.store.byId("sch_unknown")).to.equal(undefined);
    expect(await rig.store.change("sch_unknown", "ci", () => expect.fail("asked"))).to.equal(undefined);
  });

  it("A1: records the request whose effect it is in the same transaction", async () => {
    const keys = new DbIdempotencyStore(rig.database);
    const ref = { actor: "tok_1", key: "once", digest: "d" };
    await keys.begin(ref, T0);
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci", ref);
    expect(await keys.begin(ref, T0)).to.deep.equal({ kind: "done", status: 201, resourceId: schedule.id });

    const again = { ...ref, key: "again" };
    await keys.begin(again, T0);
    const error = await rig.store.insert(schedule, "ci", again).catch((thrown: unknown) => thrown);
    expect(isDuplicate(error)).to.equal(true);
    expect(await keys.begin(again, T0)).to.deep.equal({ kind: "running" });
  });

  it("lists by source, job and address, in order of id, page by page", async () => {
    const all: Schedule[] = [];
    for (const [source, jobKey] of [
      ["a", "x"],
      ["a", "y"],
      ["b", "x"],
      ["b", "x"],
    ] as const) {
      all.push(scheduleOf({ source, jobKey }));
      await rig.store.insert(all.at(-1)!, "ci");
    }
    const ids = async (filter: Parameters<typeof rig.store.list>[0]) =>
      (await rig.store.list(filter)).map(({ id }) => id);
    const sorted = (schedules: Schedule[]) => schedules.map(({ id }) => id).sort();
    expect(await ids({ limit: 10 })).to.deep.equal(sorted(all));
    expect(await ids({ limit: 10, source: "a" })).to.deep.equal(sorted(all.slice(0, 2)));
    expect(await ids({ limit: 10, sources: ["b", "c", "d"] })).to.deep.equal(sorted(all.slice(2)));
    expect(await ids({ limit: 10, sources: [] })).to.deep.equal([]);
    expect(await ids({ limit: 10, jobs: [] })).to.deep.equal([]);
    expect(await ids({ limit: 10, source: "a", jobKey: "x" })).to.deep.equal(sorted(all.slice(0, 1)));
    expect(await ids({ limit: 10, jobs: ["a:y", "b:x", "c:z"] })).to.deep.equal(sorted(all.slice(1)));
    expect(await ids({ limit: 10, jobs: ["a:y", "b:x"], sources: ["b"] })).to.deep.equal(
      sorted(all.slice(2)),
    );
    const first = await ids({ limit: 3 });
    expect(first).to.deep.equal(sorted(all).slice(0, 3));
    expect(await ids({ limit: 3, after: first[2] })).to.deep.equal(sorted(all).slice(3));
    const newest = await ids({ limit: 3, order: "newest" });
    expect(newest).to.deep.equal(sorted(all).reverse().slice(0, 3));
    expect(await ids({ limit: 3, order: "newest", after: newest[2] })).to.deep.equal(sorted(all).slice(0, 1));
    expect(await ids({ limit: 10, notSources: ["a", "c", "d"] })).to.deep.equal(sorted(all.slice(2)));
    expect(await ids({ limit: 10, notJobs: ["a:x", "b:x"] })).to.deep.equal(sorted(all.slice(1, 2)));
    expect(await ids({ limit: 10, sources: ["a"], notJobs: ["a:x"] })).to.deep.equal(sorted(all.slice(1, 2)));
    expect(await ids({ limit: 10, notSources: [], notJobs: [] })).to.deep.equal(sorted(all));
    const count = (filter: Parameters<typeof rig.store.count>[0], cap = 10) => rig.store.count(filter, cap);
    expect(await count({})).to.deep.equal({ count: 4, capped: false });
    expect(await count({}, 4)).to.deep.equal({ count: 4, capped: false });
    expect(await count({}, 3)).to.deep.equal({ count: 3, capped: true });
    expect(await count({ jobs: ["b:x"] })).to.deep.equal({ count: 2, capped: false });
    expect(await count({ sources: [] })).to.deep.equal({ count: 0, capped: false });
  });
});
