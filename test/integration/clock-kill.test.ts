// kill -9 at random times while 200 schedules fire each second: rows, calendar and what the jobs saw must agree.
import { expect } from "chai";
import { faultsOf } from "../support/clock/check.ts";
import { Fleet } from "../support/clock/fleet.ts";
import type { History } from "../support/clock/history.ts";
import { slowness } from "../support/clock/machine.ts";
import { plannedSchedules } from "../support/clock/rhythms.ts";
import { onEveryDatabase } from "../support/databases.ts";
import type { Service } from "../support/service.ts";
import { pick, type Random, randomOf, whole } from "../schedules/random-cron.ts";

const EVERY_SECOND = 200;
const KILLS = 20;
const REPLICAS = 3;
/** So long nobody is killed: what goes wrong among replicas that are well goes wrong here. */
const ALONE_MS = 5_000;

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? Date.now() % 1_000_000_000);
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

onEveryDatabase("the clock under kill -9", (databases) => {
  if (databases.name === "sqlite") {
    it(`S1 S9 X1: one service, killed ${KILLS} times, also while it starts, loses and doubles nothing`, async function () {
      this.timeout(600_000);
      await check(1, async (fleet, random) => {
        const service = fleet.services[0]!;
        for (let kill = 0; kill < KILLS; kill++) {
          const inStart = kill > 0 && random() < 0.25;
          if (inStart) {
            const starting = fleet.startAgain(service).catch(() => undefined);
            await Promise.race([starting, wait(whole(random, 50, 900))]);
          } else {
            if (kill > 0) await fleet.startAgain(service);
            await wait(whole(random, 100, 1_000));
          }
          await fleet.kill(service, true);
        }
        await fleet.startAgain(service);
      });
    });
    return;
  }

  it(`S1 S9 X1: ${REPLICAS} replicas write the rows of one, no more and no less: alone, and with one of them killed every other second ${KILLS} times`, async function () {
    this.timeout(600_000);
    await check(REPLICAS, async (fleet, random) => {
      await wait(ALONE_MS);
      const starting = new Map<Service, Promise<void>>();
      for (let kill = 0; kill < KILLS; kill++) {
        await wait(whole(random, 200, 1_500));
        // Somebody is always there, so nothing may be missed.
        while (starting.size >= REPLICAS - 1) await Promise.race(starting.values());
        const victim = pick(
          random,
          fleet.services.filter((service) => !starting.has(service)),
        );
        await fleet.kill(victim, false);
        starting.set(
          victim,
          fleet.startAgain(victim).finally(() => starting.delete(victim)),
        );
      }
      await Promise.all(starting.values());
    });
  });

  async function check(
    replicas: number,
    live: (fleet: Fleet, random: Random) => Promise<void>,
  ): Promise<void> {
    const planned = plannedSchedules(EVERY_SECOND);
    const fleet = await Fleet.start(await databases.freshUrl(), { replicas, planned });
    try {
      const startedAt = performance.now();
      await live(fleet, randomOf(seed));
      const seconds = (performance.now() - startedAt) / 1000;
      const history = await fleet.history();
      tell(history, seconds);
      const faults = faultsOf(history);
      expect(faults.slice(0, 20), `${faults.length} faults with seed ${seed}`).to.deep.equal([]);
      expect(history.rows.filter(({ state }) => state === "succeeded").length).to.be.above(EVERY_SECOND);
    } finally {
      await fleet.stop();
    }
  }
});

function tell(history: History, seconds: number): void {
  const { schedules, rows, witness, downtimes, slowestWriteMs, machine = [] } = history;
  const slow = slowness(machine, machine[0]?.from ?? 0, machine.at(-1)?.to ?? 0);
  const counts = new Map<string, number>();
  for (const { state, reason } of rows) {
    const name = reason === null ? state : `${state} (${reason})`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const fires = schedules.reduce((sum, schedule) => sum + schedule.fires.length, 0);
  console.log(
    `      seed ${seed}: ${seconds.toFixed(0)} s, ${fires} fires of ${schedules.length} schedules in ${rows.length} rows, ` +
      `${witness.filter(({ what }) => what === "start").length} executions, ${downtimes.length} downtimes, slowest write ${slowestWriteMs?.toFixed(0)} ms, machine ${slow.toFixed(1)} times as slow as by itself; ` +
      [...counts].map(([name, n]) => `${n} ${name}`).join(", "),
  );
}
