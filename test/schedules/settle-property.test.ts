// Random lives of schedules in memory, many of them: edits, pauses, holds, skips, outages, and an oracle of their rows.
import { MemoryScheduleStore } from "../support/memory-schedule-store.ts";
import { Story, type StoryStore } from "../support/schedule-story.ts";
import { randomOf } from "./random-cron.ts";

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? 20_270_328);
const LIVES = 150;

function inMemory(): StoryStore {
  const store = new MemoryScheduleStore();
  return {
    store,
    rowsOf: async (id) =>
      store.rowsOf(id).map((row) => ({ ...row, ran: row.outcome === "run" && row.state !== "cancelled" })),
    endRuns: async (id) => {
      for (const row of store.rowsOf(id)) if (row.state === "queued") row.state = "ended";
    },
  };
}

describe("random lives of schedules", function () {
  this.timeout(240_000);

  it("S1, S2, S3, S7, S8: edits and suspensions lose no fire, double none, and run none that is suspended", async () => {
    const sum = { fires: 0, rows: 0, ranges: 0, open: 0 };
    for (let i = 0; i < LIVES; i++) {
      const story = new Story(inMemory(), randomOf(seed + i));
      story.told.push(`seed ${seed + i}`);
      await story.begin();
      await story.live(40);
      const checked = await story.check();
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += checked[name];
    }
    console.log(
      `      seed ${seed}: ${LIVES} lives, ${sum.fires} owed fires in ${sum.rows} rows, ${sum.ranges} of them ranges, ` +
        `${sum.open} in open suspensions`,
    );
  });
});
