// A database that is away while schedules fire, for seconds and for half a minute: every fire has its row afterwards.
import { expect } from "chai";
import { faultsOf } from "../support/clock/check.ts";
import { Fleet } from "../support/clock/fleet.ts";
import { always, type Planned } from "../support/clock/rhythms.ts";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, startMariadb } from "../support/mariadb.ts";

const everySecond = { cron: "* * * * * *", timeZone: "UTC", second: always };
const PLANNED: Planned[] = [
  { rhythm: everySecond, overlap: "allow_all", catchUp: "latest", ms: 0 },
  { rhythm: everySecond, overlap: "skip", catchUp: "skip", ms: 0 },
  { rhythm: { ...everySecond, cron: null }, overlap: "buffer_all", catchUp: "merge", ms: 0 },
  { rhythm: everySecond, overlap: "allow_all", catchUp: "all", most: 5, ms: 0 },
  { rhythm: everySecond, overlap: "cancel_other", catchUp: "latest", ms: 300 },
];
/** S5: the fleet's lease, one sweep, and 5 s. */
const RESUMES_MS = 8_000 + 500 + 5_000;
/** Until a fire counts as missed (semantics S10): an outage shorter than that is only lateness. */
const ON_TIME_MS = 10_000;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

(mariadbAvailable() ? describe : describe.skip)("a database that is away while schedules fire", function () {
  it("S5 S1 S10: 5 s cost no fire, 30 s what the catch-up says; scheduling resumes by itself, and explain tells why", async function () {
    this.timeout(240_000);
    const server = await startMariadb();
    const fleet = await Fleet.start(await server.database(), { replicas: 1, planned: PLANNED });
    try {
      await wait(3_000);
      const short = await away(5_000);
      fleet.stalls.push(short);
      await wait(3_000);
      const long = await away(30_000);
      // What came due in its last seconds is late, and not missed.
      fleet.downtimes.push({ ...long, back: long.from + 30_000 - ON_TIME_MS - 2_000 });
      const asked = new Date(Math.ceil(long.from / 1000 + 10) * 1000).toISOString();
      const told = (at: number) =>
        fleet.services[0]!.get(`/schedules/${fleet.made[at]!.id}/explain?at=${asked}`);
      const { json } = await told(1);
      expect(json["lines"][1]).to.match(/^It did not run \(missed\)/);
      expect(json["downtime"], json["lines"].join("\n")).to.be.an("object");
      await wait(2_000);
      const history = await fleet.history();
      const faults = faultsOf(history);
      expect(faults.slice(0, 20), `${faults.length} faults`).to.deep.equal([]);
      const lost = history.rows.filter(({ reason }) => reason === "missed" || reason === "merged");
      expect(
        lost.filter(({ fireAt }) => fireAt! < long.from - 2_000),
        "lost in 5 s",
      ).to.deep.equal([]);
      expect(
        new Set(lost.map(({ scheduleId }) => scheduleId)).size,
        "schedules that lost some in 30 s",
      ).to.equal(5);
    } finally {
      await fleet.stop();
      await server.stop();
    }

    /** From the crash to the first look after it, which is to come soon. */
    async function away(ms: number): Promise<{ from: number; to: number }> {
      const from = Date.now();
      await server.crash();
      await wait(ms);
      await server.startAgain();
      const back = Date.now();
      await eventually(
        async () => {
          const cursors = await fleet.cursors().catch(() => [0]);
          return Math.min(...cursors) > back;
        },
        60_000,
        100,
      );
      const to = Date.now();
      expect(to - back, "until scheduling went on").to.be.below(RESUMES_MS);
      return { from, to };
    }
  });
});
