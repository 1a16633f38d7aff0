// A dry run over a source, a job, a job that is off, and everything, on every database: what it tells is what then happens.
import { expect } from "chai";
import { JobSettings } from "../../src/app/job-settings.ts";
import type { CatalogEntry } from "../../src/catalog/version.ts";
import { NO_EFFECT } from "../../src/schedules/effect.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import type { PauseScope } from "../../src/schedules/suspension.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";

const at = (time: string) => Date.parse(`2027-01-10T${time}Z`);

onEveryScheduleStore("a dry run of a scope", (rig) => {
  const clock = { at: 0, now: () => clock.at };
  let schedules: Schedules;
  let scopes: ScopePauses;
  beforeEach(async () => {
    await rig.database.write((sql) => sql.run("DELETE FROM schedules"));
    clock.at = at("00:30:00");
    schedules = new Schedules({
      ...{ store: rig.store, clock, defaults: { timeZone: "UTC" }, wake: () => undefined },
      jobOf: () => ({ overlap: "allow_all", acceptParams: (params) => params }),
    });
    scopes = new ScopePauses(rig.store, schedules.settler, clock, "UTC");
  });

  const create = async (source: string, jobKey: string, cron = "0 * * * *") =>
    (await schedules.create({ source, jobKey, fields: { cron } }, "ana")).id;
  const settle = async (time: string) => {
    clock.at = at(time);
    await schedules.settleDue();
  };
  /** Fires of these schedules that lie in rows `paused` or `disabled`, and those that were made to run. */
  const become = async (ids: string[]) => {
    const rows = (await Promise.all(ids.map((id) => rig.runsOf(id)))).flat();
    const left = rows.filter(({ reason }) => reason === "paused" || reason === "disabled");
    return {
      skipped: left.reduce((sum, { fireCount }) => sum + (fireCount ?? 1), 0),
      runs: rows.filter(({ state }) => state !== "skipped").length,
    };
  };
  const DEFAULT: PauseScope = { kind: "source", source: "default" };

  it("of a source: its schedules and no others, and the fires that stay skipped when it is resumed", async () => {
    const ids = [await create("default", "one"), await create("default", "two", "0,30 * * * *")];
    const other = await create("other", "one");
    await scopes.pause(DEFAULT, { reason: "moved" }, "ana");
    await settle("03:10:00");
    const { effect, schedules: count } = await scopes.wouldResume(DEFAULT);
    expect(count).to.equal(2);
    expect(effect).to.deep.equal({
      ...{ runs: 0, skipped: 8, skippedFrom: at("01:00:00"), skippedThrough: at("03:00:00") },
      ...{ nextFireAt: at("03:30:00"), droppedSkips: [] },
    });
    expect(await become(ids), "nothing was changed").to.deep.equal({ skipped: 0, runs: 0 });
    await scopes.resume(DEFAULT, null, "bo");
    expect(await become(ids)).to.deep.equal({ skipped: 8, runs: 0 });
    expect(await become([other])).to.deep.equal({ skipped: 0, runs: 1 });
    expect(await scopes.wouldResume(DEFAULT)).to.deep.equal({ effect: NO_EFFECT, schedules: 0 });
  });

  it("of everything, under which a source is paused too: what that keeps does not count", async () => {
    const [kept, free] = [await create("default", "one"), await create("other", "one")];
    await scopes.pause({ kind: "all" }, {}, "ana");
    await settle("01:10:00");
    await scopes.pause(DEFAULT, {}, "ana");
    await settle("02:10:00");
    const { effect, schedules: count } = await scopes.wouldResume({ kind: "all" });
    expect(count).to.equal(2);
    await scopes.resume({ kind: "all" }, null, "bo");
    const became = await become([kept, free]);
    expect({ runs: effect.runs, skipped: effect.skipped }).to.deep.equal({
      runs: 0,
      skipped: became.skipped,
    });
    expect(effect.nextFireAt).to.equal(at("03:00:00"));
    expect(became.runs).to.equal(0);
  });

  it("who resumed and why is kept, and told by explain's facts; a reason that is none is refused, and nothing is resumed", async () => {
    await scopes.pause(DEFAULT, { reason: "moved" }, "ana");
    for (const reason of [7, "x".repeat(501), "two\nlines"]) {
      const error = await scopes.resume(DEFAULT, reason, "bo").catch((thrown: unknown) => thrown);
      expect(error).to.deep.include({ status: 422 });
      expect(await scopes.of(DEFAULT)).to.include({ by: "ana" });
    }
    clock.at += 5;
    await scopes.resume(DEFAULT, " all is there ", "bo");
    const [ended] = await scopes.ended(1);
    expect(ended).to.deep.include({ scope: DEFAULT, by: "ana", reason: "moved" });
    expect(ended).to.include({ endedBy: "bo", endedAt: clock.at, endedReason: "all is there" });
  });

  it("of switching a job on: PATCH /jobs/{key} tells what stays skipped, refuses as it would, and changes nothing", async () => {
    const id = await create("default", "one");
    const scope = { kind: "job_off", source: "default", jobKey: "one" } as const;
    const off = { id: `pau_${clock.at}`, scope, by: "ana", reason: null, at: clock.at, until: null };
    await rig.store.changePause(scope, () => ({ ...off, endedAt: null, endedBy: null, endedReason: null }));
    await settle("02:10:00");
    const settings = { overrides: {}, notes: null, revision: 4 };
    const entry = { source: "default", key: "one", enabled: false, settings } as CatalogEntry;
    const catalog = { configure: () => expect.fail("it was written") };
    const jobs = new JobSettings(catalog, schedules.settler, scopes);
    const { effect, schedules: count } = await jobs.wouldPatch(entry, { enabled: true }, 4);
    expect(count).to.equal(1);
    expect(effect).to.include({
      runs: 0,
      skipped: 2,
      skippedFrom: at("01:00:00"),
      nextFireAt: at("03:00:00"),
    });
    expect(await jobs.wouldPatch(entry, { notes: "x" }, 4)).to.deep.equal({
      effect: NO_EFFECT,
      schedules: 0,
    });
    const on = { ...entry, enabled: true };
    expect(await jobs.wouldPatch(on, { enabled: false }, null)).to.deep.equal({
      effect: NO_EFFECT,
      schedules: 1,
    });
    for (const [patch, expected, status] of [
      [{ enabled: true }, 3, 412],
      [{ enabled: "no" }, 4, 422],
    ] as const) {
      const error = await jobs.wouldPatch(entry, patch, expected).catch((thrown: unknown) => thrown);
      expect(error).to.deep.include({ status });
    }
    expect(await become([id])).to.deep.equal({ skipped: 0, runs: 0 });
    await rig.store.changePause(scope, (open) => ({ ...open!, endedAt: clock.at, endedBy: "ana" }));
    await schedules.settler.suspended();
    expect(await become([id])).to.deep.equal({ skipped: 2, runs: 0 });
  });
});
