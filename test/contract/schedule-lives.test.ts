// Random lives of schedules on every database: edits, pauses, holds, skips, outages, and an oracle of their rows.
import { expect } from "chai";
import { Schedules } from "../../src/schedules/schedules.ts";
import { randomOf } from "../schedules/random-cron.ts";
import { Story } from "../support/schedule-story.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";
import { onDatabase } from "./story-store.ts";

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? 20_271_031);
const LIVES = 8;

onEveryScheduleStore("ScheduleStore: random lives", (rig) => {
  it("S1, S2, S3, S7, S8: edits and suspensions lose no fire, double none, and run none that is suspended", async function () {
    this.timeout(180_000);
    const sum = { fires: 0, rows: 0, ranges: 0, open: 0 };
    for (let i = 0; i < LIVES; i++) {
      await rig.clear();
      const story = new Story(onDatabase(rig), randomOf(seed + i));
      story.told.push(`seed ${seed + i}`);
      await story.begin();
      await story.live(40);
      const checked = await story.check();
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += checked[name];
    }
    console.log(`      seed ${seed}: ${LIVES} lives, ${sum.fires} owed fires in ${sum.rows} rows`);
    expect(rig.faults).to.deep.equal([]);
  });

  it("S8, item by item: every revision has its row with who, what and why, and a patch of nothing has none", async () => {
    const clock = { at: Date.UTC(2027, 0, 1, 12), now: () => clock.at };
    const schedules = new Schedules({
      store: rig.store,
      clock,
      defaults: { timeZone: "UTC" },
      jobOf: () => ({ overlap: "skip", acceptParams: (params) => params }),
      wake: () => undefined,
    });
    const { id } = await schedules.create(
      { source: "default", jobKey: "job", fields: { cron: "0 2 * * *" } },
      "ana",
    );
    const same = await schedules.patch(id, { cron: "0 2 * * *", enabled: true, name: null }, 1, "bo");
    expect(same.revision).to.equal(1);
    expect(await rig.revisionsOf(id)).to.have.length(1);
    await schedules.patch(id, { cron: "0 3 * * *" }, 1, "bo");
    await schedules.remove(id, 2, "cy");
    const told = (await rig.revisionsOf(id)).map(({ revision, action, actor }) => [revision, action, actor]);
    expect(told).to.deep.equal([
      [1, "created", "ana"],
      [2, "edited", "bo"],
      [3, "deleted", "cy"],
    ]);
  });

  it("of twenty edits of one revision at once exactly one wins, the others are told 412", async () => {
    const schedules = new Schedules({
      store: rig.store,
      clock: { now: () => Date.UTC(2027, 0, 1, 12) },
      defaults: { timeZone: "UTC" },
      jobOf: () => ({ overlap: "skip", acceptParams: (params) => params }),
      wake: () => undefined,
    });
    const { id } = await schedules.create(
      { source: "default", jobKey: "job", fields: { cron: "0 2 * * *" } },
      "ana",
    );
    const edits = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => schedules.patch(id, { name: `n${i}` }, 1, "ana")),
    );
    expect(edits.filter(({ status }) => status === "fulfilled")).to.have.length(1);
    const refused = edits.flatMap((edit) => (edit.status === "rejected" ? [edit.reason as object] : []));
    for (const error of refused) expect(error).to.include({ status: 412, code: "revision" });
    expect((await schedules.get(id))!.revision).to.equal(2);
  });
});
