// FitStore on every database: which schedules were not held yet against what their job takes for params (R7).
import { expect } from "chai";
import { Impact } from "../../src/app/impact.ts";
import { Params } from "../../src/app/params.ts";
import { paramsDigest } from "../../src/catalog/param-changes.ts";
import { DbCatalogStore } from "../../src/db/catalog-store.ts";
import type { Database } from "../../src/db/database.ts";
import { DbFitStore } from "../../src/db/fit-store.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { Vault } from "../../src/db/secrets.ts";
import { silentLogger } from "../../src/log.ts";
import { Controls } from "../../src/schedules/controls.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import type { JobSpec } from "../../src/sdk/spec.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { ordersSpec as jobSpec } from "../support/http-doubles.ts";
import { scheduleOf } from "./make.ts";
import { factsOf } from "./schedule-rig.ts";

const spec = (max: number, more: Partial<JobSpec> = {}): JobSpec =>
  jobSpec({ optionalParams: { size: { type: "integer", min: 1, max, label: "Size" } }, ...more });

onEveryDatabase("FitStore", (databases) => {
  let database: Database;
  let catalog: DbCatalogStore;
  let schedules: DbScheduleStore;
  let fits: DbFitStore;
  beforeEach(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    catalog = new DbCatalogStore(database);
    schedules = new DbScheduleStore(database, { factsOf });
    fits = new DbFitStore(database);
  });

  const serve = async (hash: string, of: JobSpec, jobKey = "job"): Promise<void> => {
    await catalog.saveVersion({
      hash,
      source: "default",
      jobKey,
      spec: of,
      bundle: hash,
      sourceMap: "{}",
      files: [],
      data: new Map(),
      texts: new Map(),
      needs: [],
      builderId: "builder",
      builtAt: 1,
      sourceRevision: null,
    });
    await catalog.publish({
      source: "default",
      key: jobKey,
      loadState: "ready",
      loadError: null,
      version: hash,
      loadedAt: 1,
      inputs: null,
    });
  };
  const unchecked = async (job?: { source: string; jobKey: string }): Promise<string[]> =>
    (await fits.unchecked(100, job)).flatMap((group) => group.schedules.map(({ id }) => id)).sort();

  it("a new schedule is unchecked until it was looked at, and again when the params of its job take other values", async () => {
    await serve("v1", spec(100));
    const [one, two] = [scheduleOf(), scheduleOf()];
    for (const schedule of [one, two]) await schedules.insert(schedule, "me");
    expect(await unchecked()).to.deep.equal([one.id, two.id].sort());
    const [group] = await fits.unchecked(1);
    expect(group).to.deep.include({ source: "default", jobKey: "job", version: "v1" });
    expect(group!.spec).to.deep.equal(spec(100));
    expect(group!.digest).to.equal(paramsDigest(spec(100)));
    await fits.checked([one, two], group!.digest);
    expect(await unchecked()).to.deep.equal([]);
    await serve("v2", spec(100, { timeoutMs: 1 }));
    await serve(
      "v3",
      spec(100, { optionalParams: { size: { type: "integer", min: 1, max: 100, label: "Other" } } }),
    );
    expect(await unchecked(), "other code and other words take the same values").to.deep.equal([]);
    await serve("v4", spec(50));
    expect(await unchecked()).to.have.length(2);
    expect(await unchecked({ source: "default", jobKey: "other" })).to.deep.equal([]);
  });

  it("follows what serves: a pin brings other params, and the release the newest", async () => {
    await serve("v1", spec(1));
    await serve("v2", spec(2));
    const one = scheduleOf();
    await schedules.insert(one, "me");
    await fits.checked([one], paramsDigest(spec(2)));
    expect(await unchecked()).to.deep.equal([]);
    await catalog.pin("default", "job", "v1");
    const [group] = await fits.unchecked(100);
    expect(group!.version).to.equal("v1");
    await serve("v3", spec(3));
    expect((await fits.unchecked(100))[0]!.version, "pinned").to.equal("v1");
    await catalog.pin("default", "job", null);
    expect((await fits.unchecked(100))[0]!.version).to.equal("v3");
  });

  it("a schedule that was changed meanwhile stays unchecked, and one whose params are edited is again", async () => {
    await serve("v1", spec(1));
    const one = scheduleOf({ params: { size: 1 } });
    await schedules.insert(one, "me");
    await fits.checked([{ id: one.id, revision: 7 }], paramsDigest(spec(1)));
    expect(await unchecked()).to.deep.equal([one.id]);
    await fits.checked([one], paramsDigest(spec(1)));
    expect(await unchecked()).to.deep.equal([]);
    const edit = (more: object) =>
      schedules.change(one.id, "me", (schedule) => ({
        rows: [],
        cancel: [],
        schedule: { ...schedule, revision: schedule.revision + 1, ...more },
      }));
    await edit({ name: "renamed" });
    expect(await unchecked()).to.deep.equal([]);
    await edit({ params: { size: 2 } });
    expect(await unchecked()).to.deep.equal([one.id]);
  });

  it("R7: two hundred schedules whose secrets cannot be opened keep no other one from being held", async () => {
    await serve("v1", spec(9));
    const lost = new Vault(["a key that nobody has any more"]);
    const sealed = lost.sealParams({ token: "xoxb-12345678" }, ["token"]);
    for (let n = 0; n < 200; n++) await schedules.insert(scheduleOf({ params: sealed }), "me");
    const unfit = scheduleOf({ id: "sch_zzz", params: { size: 10 } });
    await schedules.insert(unfit, "me");
    const clock = { now: () => unfit.createdAt + 1 };
    const service = new Schedules({
      ...{ store: schedules, clock, defaults: { timeZone: "UTC" } },
      ...{ jobOf: () => undefined, wake: () => undefined },
    });
    const impact = new Impact({
      ...{ fits, schedules: service, controls: new Controls(service, clock), log: silentLogger, ...clock },
      history: { find: () => Promise.resolve([]) },
      params: new Params(new Vault(["the key that the service has"])),
      onEvent: () => undefined,
    });
    await impact.check();
    expect((await service.get(unfit.id))!.held?.reason).to.match(/size must be at most 9/);
    expect(await unchecked(), "they are looked at again when there is a key").to.have.length(100);
  });

  it("a job that never loaded has nothing to be held against", async () => {
    await catalog.publish({
      source: "default",
      key: "job",
      loadState: "error",
      loadError: null,
      version: null,
      loadedAt: null,
      inputs: null,
    });
    await schedules.insert(scheduleOf(), "me");
    expect(await unchecked()).to.deep.equal([]);
  });
});
