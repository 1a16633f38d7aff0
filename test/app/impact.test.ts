// R7: what holds and releases schedules judges the params that they have when it does so, not those that it read before.
import { expect } from "chai";
import { Impact } from "../../src/app/impact.ts";
import type { Params } from "../../src/app/params.ts";
import { silentLogger } from "../../src/log.ts";
import { Controls } from "../../src/schedules/controls.ts";
import type { FitStore, Unchecked } from "../../src/schedules/fit.ts";
import { setUp } from "../schedules/service-set-up.ts";
import { jobSpec } from "../support/spec.ts";

describe("what a new version means for schedules", () => {
  const MISFIT = { pointer: "/size", code: "max", message: "is at most 10" };

  /** A schedule of size `before`, which somebody changes to `after` between its being read and being judged. */
  async function rig(before: number, after: number) {
    const world = setUp({ acceptParams: (params) => params });
    const { schedules, create, clock } = world;
    const controls = new Controls(schedules, clock);
    const { id } = await create({ every: "1h", params: { size: before } });
    const judged: number[] = [];
    const unchecked = async (): Promise<Unchecked[]> => {
      const schedule = (await schedules.get(id))!;
      if (judged.includes(schedule.revision)) return [];
      const old = { ...schedule };
      if (Number(schedule.params["size"]) === before)
        await schedules.patch(id, { params: { size: after } }, null, "token:ana");
      const { source, jobKey } = schedule;
      return [{ source, jobKey, version: "v2", spec: jobSpec(), digest: "d", schedules: [old] }];
    };
    const fits: FitStore = {
      unchecked,
      checked: (found) => Promise.resolve(void judged.push(...found.map(({ revision }) => revision))),
      forget: () => Promise.resolve(),
    };
    const params = {
      open: (_: unknown, saved: Record<string, unknown>) =>
        Number(saved["size"]) <= 10
          ? { ok: true, values: saved, secrets: [] }
          : { ok: false, errors: [MISFIT] },
    } as unknown as Params;
    const history = { find: () => Promise.resolve([]) };
    const parts = { fits, history, schedules, controls, params, log: silentLogger, now: clock.now };
    const impact = new Impact({ ...parts, onEvent: () => undefined });
    const held = async () => (await schedules.get(id))!.held;
    return { impact, controls, id, held };
  }

  it("a hold for params that were just set right does not land on the right ones", async () => {
    const { impact, held } = await rig(50, 5);
    await impact.check();
    expect(await held()).to.equal(null);
    await impact.check();
    expect(await held()).to.equal(null);
  });

  it("a release for params that were just made wrong does not land on the wrong ones", async () => {
    const { impact, held, controls, id } = await rig(5, 50);
    await controls.hold(id, { reason: "did not fit", errors: [MISFIT] }, "service");
    await impact.check();
    await impact.check();
    expect((await held())?.errors).to.deep.equal([{ ...MISFIT, pointer: "/params/size" }]);
  });
});
