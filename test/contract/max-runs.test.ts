// maxRuns on every database: each run that is made counts, however it ends, over as many looks as it takes (S12).
import { expect } from "chai";
import { Schedules } from "../../src/schedules/schedules.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";

const at = (time: string) => Date.parse(`2027-01-10T${time}Z`);

onEveryScheduleStore("maxRuns", (rig) => {
  it("S12: counts runs over several looks, also one that was cancelled before it began; skipped fires do not count", async () => {
    const clock = { at: at("00:30:00"), now: () => clock.at };
    const schedules = new Schedules({
      ...{ store: rig.store, clock, defaults: { timeZone: "UTC" }, wake: () => undefined },
      jobOf: () => ({ overlap: "skip", acceptParams: (params) => params }),
    });
    const fields = { cron: "0 * * * *", maxRuns: 3 };
    const { id } = await schedules.create({ source: "default", jobKey: "job", fields }, "ana");
    const look = async (time: string) => {
      clock.at = at(time);
      await schedules.settleDue();
      return (await schedules.get(id))!;
    };
    const end = (state: string) =>
      rig.database.write((sql) =>
        sql.run(
          "UPDATE task_runs SET state = ?, finished_at = ?, queue_rank = NULL WHERE schedule_id = ? AND state = 'queued'",
          [state, clock.at, id],
        ),
      );
    expect((await look("01:00:01")).runsCounted).to.equal(1);
    // Meets the first one, which still waits.
    expect((await look("02:00:01")).runsCounted).to.equal(1);
    await end("cancelled");
    expect(await look("03:00:01")).to.include({ runsCounted: 2, nextFireAt: at("04:00:00") });
    await end("failed");
    expect(await look("04:00:01")).to.include({ runsCounted: 3, nextFireAt: null });
    await end("succeeded");
    expect((await look("05:00:01")).runsCounted).to.equal(3);
    const rows = (await rig.runsOf(id)).map(({ state, reason }) => reason ?? state);
    expect(rows).to.deep.equal(["cancelled", "overlap", "failed", "succeeded"]);
  });
});
