// Random lives of schedules, and what explain says of each instant of them, past and to come, beside their rows.
import { expect } from "chai";
import { DbScheduleHistory } from "../../src/db/schedule-history.ts";
import { DbUpTimeStore } from "../../src/db/up-time-store.ts";
import { calendarOf } from "../../src/schedules/calendar.ts";
import { Explainer } from "../../src/schedules/explainer.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { pick, type Random, randomOf, whole } from "../schedules/random-cron.ts";
import { Story, type StoryRow } from "../support/schedule-story.ts";
import { onEveryScheduleStore, type ScheduleRig } from "./schedule-rig.ts";
import { onDatabase } from "./story-store.ts";

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? 20_271_101);
const LIVES = 3;
const ASKED = 30;

class Asked {
  readonly sum = { past: 0, none: 0, coming: 0 };
  readonly explainer: Explainer;
  schedule!: Schedule;
  rows: StoryRow[] = [];

  constructor(
    rig: ScheduleRig,
    readonly story: Story,
    readonly random: Random,
  ) {
    this.explainer = new Explainer({
      history: new DbScheduleHistory(rig.database),
      upTimes: new DbUpTimeStore(rig.database),
      scheduleOf: (id) => story.schedules.get(id),
      suspensionOf: (schedule) => story.schedules.settler.unavailable(schedule),
      now: story.clock.now,
    });
  }

  async look(): Promise<void> {
    this.schedule = (await this.story.schedules.get(this.story.id))!;
    this.rows = await this.story.world.rowsOf(this.story.id);
  }

  async told(at: number) {
    const { explanation, lines } = await this.explainer.explain(this.story.id, new Date(at).toISOString());
    for (const line of lines) expect(line).not.to.include("undefined").and.not.to.include("null");
    const { told } = this.story;
    const now = new Date(this.story.clock.at).toISOString();
    const what = `${lines.join(" ")} Now ${now}.\n${told.join("\n")}\n${JSON.stringify(this.schedule)}`;
    return { ...explanation, what };
  }

  rowOf(at: number): StoryRow | undefined {
    return this.rows.find(({ fireAt, fireThrough }) => fireAt <= at && at <= (fireThrough ?? fireAt));
  }

  /** Of fires that were owed: what their rows say, or the suspension that is open. */
  async ofFires(owed: readonly number[]): Promise<void> {
    for (let i = 0; i < ASKED && owed.length > 0; i++) {
      const at = pick(this.random, owed);
      const row = this.rowOf(at);
      const { verdict, what, row: shown } = await this.told(at);
      this.sum.past++;
      if (!row) expect(verdict, what).to.be.oneOf(["suspended", "due"]);
      else if (row.ran) expect(verdict, what).to.be.oneOf(["ran", "waiting"]);
      else expect([verdict, shown!.reason], what).to.deep.equal(["skipped", row.reason]);
    }
  }

  /** Of instants between them: none, and which fires lie around them. */
  async ofOthers(owed: readonly number[]): Promise<void> {
    const { firedThrough } = this.schedule;
    for (let i = 0; i < ASKED && owed.length > 0; i++) {
      const at = pick(this.random, owed) + pick(this.random, [500, -500, 1000, -1000, 30_000]);
      const isFire = owed.includes(at) || this.rowOf(at)?.reason === "dst_gap";
      if (isFire || at > this.story.clock.at || at < owed[0]!) continue;
      const { verdict, previousFire, nextFire, what } = await this.told(at);
      this.sum.none++;
      expect(verdict, what).to.equal("not_a_fire");
      const [before, after] = [owed.findLast((fire) => fire < at), owed.find((fire) => fire > at)];
      if ((before ?? 0) <= firedThrough) expect(previousFire, what).to.equal(before);
      if (after !== undefined && after <= firedThrough) expect(nextFire, what).to.equal(after);
    }
  }

  /** Of fires to come: what becomes of them when nobody does anything meanwhile. */
  async ofComing(): Promise<void> {
    const { story } = this;
    const { when } = this.schedule;
    const fires = calendarOf(when).between(story.clock.at, Infinity, whole(this.random, 2, 12));
    const promised = [];
    for (const at of fires) promised.push({ at, said: await this.told(at) });
    const { nextFire, what } = await this.told(story.clock.at);
    for (const at of fires) {
      story.clock.at = at + 20;
      story.passed();
      await story.world.endRuns(story.id);
      await story.schedules.settleDue();
    }
    await this.look();
    const ran = (at: number) => this.rows.some((row) => row.ran && row.fireAt === at);
    for (const { at, said } of promised) {
      this.sum.coming++;
      expect(ran(at), `${said.verdict}: ${said.what}`).to.equal(said.verdict === "will_fire");
    }
    const first = fires.find(ran);
    if (first !== undefined) expect(nextFire, what).to.equal(first);
  }
}

onEveryScheduleStore("explain: random lives", (rig) => {
  it("S3: of each instant it says what the rows say, and of those to come what then happens", async function () {
    this.timeout(180_000);
    const sum = { past: 0, none: 0, coming: 0 };
    for (let i = 0; i < LIVES; i++) {
      await rig.clear();
      const random = randomOf(seed + i);
      const story = new Story(onDatabase(rig), random);
      story.told.push(`seed ${seed + i}`);
      await story.begin();
      const asked = new Asked(rig, story, random);
      for (let part = 0; part < 4; part++) {
        await story.live(10);
        await asked.look();
        const owed = story.owed(story.clock.at);
        await asked.ofFires(owed);
        await asked.ofOthers(owed);
        await asked.ofComing();
      }
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += asked.sum[name];
    }
    console.log(
      `      seed ${seed}: ${LIVES} lives, ${sum.past} fires, ${sum.none} other instants, ${sum.coming} to come`,
    );
  });
});
