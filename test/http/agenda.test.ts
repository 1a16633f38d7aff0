// Looking ahead over all schedules: the right fires in the right order, for a number of calendar steps that stays small.
import { expect } from "chai";
import { nextOfAll, seenSchedules } from "../../src/http/agenda.ts";
import type { FaceDeps } from "../../src/http/ports.ts";
import { LOCAL_PRINCIPAL } from "../../src/access/principal.ts";
import { catalogEntry, FaceWorld, OPEN_SPEC } from "../support/http-doubles.ts";

const MINUTE = 60_000;

describe("the next fires of all schedules", () => {
  const world = new FaceWorld();
  world.addSource("default", catalogEntry("default", "open", { spec: OPEN_SPEC }));
  const plain = world.deps();
  let steps = 0;
  const deps: FaceDeps = {
    ...plain,
    schedules: {
      list: (filter) => plain.schedules.list(filter),
      openPauses: () => plain.schedules.openPauses(),
      describe: (schedule, n, pauses) => {
        steps += n;
        return plain.schedules.describe(schedule, n, pauses);
      },
    } as FaceDeps["schedules"],
  };
  const make = (fields: object) =>
    plain.schedules.create({ source: "default", jobKey: "open", fields: { ...fields } }, "local");
  const next = async (limit: number, untilMs = Infinity) => {
    const seen = await seenSchedules(deps, LOCAL_PRINCIPAL);
    steps = 0;
    return nextOfAll(deps, seen, world.clock.now() + untilMs, limit);
  };
  before(async () => {
    for (let i = 0; i < 300; i++) await make({ every: `${1 + (i % 3)}m` });
    await make({ every: "1s", maxRuns: 7 });
    await make({ cron: "0 0 1 1 *" });
    await make({ every: "2s", enabled: false });
  });

  /** Each schedule by itself, as far as any limit here goes. */
  async function brute(untilMs: number): Promise<string[]> {
    const { schedules, pauses } = await seenSchedules(plain, LOCAL_PRINCIPAL);
    return schedules
      .flatMap((schedule) =>
        plain.schedules.describe(schedule, 60, pauses).nextFires.map(({ at }) => ({ at, id: schedule.id })),
      )
      .filter(({ at }) => at <= world.clock.now() + untilMs)
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
      .map(({ at, id }) => `${at} ${id}`);
  }

  for (const [limit, untilMs] of [
    [1, Infinity],
    [50, Infinity],
    [201, 4 * MINUTE],
    [2_000, 3 * MINUTE],
  ] as const)
    it(`are those that each schedule has by itself: ${limit} within ${untilMs} ms`, async () => {
      const found = (await next(limit, untilMs)).map(({ schedule, fire }) => `${fire.at} ${schedule.id}`);
      expect(found).to.deep.equal((await brute(untilMs)).slice(0, limit));
      expect(new Set(found).size).to.equal(found.length);
    });

  it("take no more calendar steps than the schedules and a few for each fire", async () => {
    for (const limit of [1, 50, 200, 1_000]) {
      const found = await next(limit);
      expect(found).to.have.length(limit);
      expect(steps, `limit ${limit}`).to.be.at.most(303 + 4 * limit);
    }
  });
});
