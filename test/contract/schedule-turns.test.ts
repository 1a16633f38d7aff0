// ScheduleStore on every database: schedules with many missed fires each, and the turns that others have meanwhile.
import { expect } from "chai";
import { CHANGING_COLUMNS, changingValues } from "../../src/db/schedule-row.ts";
import { plan } from "../../src/schedules/plan.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import { Settler } from "../../src/schedules/settler.ts";
import { costMs } from "../support/cost.ts";
import { longestTurnMs } from "../support/turns.ts";
import { scheduleOf, T0 } from "./make.ts";
import { MINUTE, onEveryScheduleStore } from "./schedule-rig.ts";

const COUNT = 200;
/** None of them is on time. */
const NOW = T0 + 990.5 * MINUTE;

onEveryScheduleStore("ScheduleStore: many missed fires", (rig) => {
  async function missed(count: number, more: Partial<Schedule>): Promise<Schedule[]> {
    const when = { kind: "cron", cron: "* * * * *", timeZone: "Europe/Berlin" } as const;
    const schedules = Array.from({ length: count }, () =>
      scheduleOf({
        when: { ...when, gap: "next", repeat: "first" },
        timeZone: "Europe/Berlin",
        overlap: "allow_all",
        firedThrough: T0,
        nextFireAt: T0 + MINUTE,
        ...more,
      }),
    );
    const values = (schedule: Schedule) => [schedule.id, schedule.createdAt, ...changingValues(schedule)];
    await rig.database.write((sql) =>
      sql.insert("schedules", ["id", "created_at", ...CHANGING_COLUMNS], schedules.map(values)),
    );
    return schedules;
  }

  const settler = () => new Settler({ store: rig.store, clock: { now: () => NOW }, wake: () => undefined });
  const inOneTurn = (schedules: readonly Schedule[]) =>
    costMs(() => schedules.forEach((schedule) => plan(schedule, NOW, [])), 0, 1);

  async function unsettled(): Promise<number> {
    const sql = "SELECT COUNT(*) AS n FROM schedules WHERE fired_through < ?";
    return Number((await rig.database.read.all(sql, [NOW]))[0]!["n"]);
  }

  it("S4: planning them leaves the event loop to others again and again", async function () {
    this.timeout(120_000);
    const all = inOneTurn(
      await missed(COUNT, { catchUp: { policy: "latest", windowMs: 3_600_000, max: 1 } }),
    );
    const longest = await longestTurnMs(() => settler().due(NOW));
    expect(await unsettled()).to.equal(0);
    expect(longest, `all take ${all.toFixed(0)} ms`).to.be.below(all / 5);
  });

  it("S4, S10: and so does writing a hundred runs of each", async function () {
    this.timeout(120_000);
    const catchUp = { policy: "all", windowMs: 31 * 86_400_000, max: 100 } as const;
    const schedules = await missed(60, { catchUp });
    const all = inOneTurn(schedules);
    const longest = await longestTurnMs(() => settler().due(NOW));
    expect(await unsettled()).to.equal(0);
    const [rows] = await rig.database.read.all("SELECT COUNT(*) AS n FROM task_runs");
    expect(Number(rows!["n"])).to.equal(60 * 101);
    expect(longest, `planning takes ${all.toFixed(0)} ms`).to.be.below(all);
  });

  it("S4: asking what a resume of everything would do leaves it to others, too", async function () {
    this.timeout(120_000);
    const scopes = new ScopePauses(rig.store, settler(), { now: () => NOW }, "UTC");
    const at = T0 + 1;
    const before = new ScopePauses(rig.store, settler(), { now: () => at }, "UTC");
    const pause = await before.pause({ kind: "all" }, {}, "ana");
    const suspended = {
      key: pause.id,
      reason: "paused",
      cause: "skipped: everything was paused by ana",
      from: at,
    } as const;
    const all = inOneTurn(await missed(COUNT, { suspended, nextFireAt: null }));
    let told: Awaited<ReturnType<ScopePauses["wouldResume"]>> | undefined;
    const longest = await longestTurnMs(async () => (told = await scopes.wouldResume({ kind: "all" })));
    expect(told!.schedules).to.equal(COUNT);
    expect(told!.effect.skipped).to.equal(COUNT * 990);
    expect(longest, `all take ${all.toFixed(0)} ms`).to.be.below(all / 5);
  });
});
