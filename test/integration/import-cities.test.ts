// The whole published list of cities through the whole service: folder, REST, child process, rows, and once more.
import { expect } from "chai";
import { openDatabase } from "../../src/db/open.ts";
import { type DataDatabase, KINDS } from "../external_tasks/data-databases.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

/** Of the 34,032 rows that are published, 21 name a country that has no code. */
const [ROWS, REFUSED] = [34_032, 21];
const GOOD = ROWS - REFUSED;

onEveryDatabase("the import of the world's cities", function (databases) {
  let service: Service;
  let database: string;
  let data: DataDatabase;

  before(async function () {
    this.timeout(60_000);
    database = await databases.freshUrl();
    // Its own data go into a database of the same kind.
    data = await KINDS.find(({ name }) => name === databases.name)!.open();
    service = await Service.start({
      fixtures: "../../external_tasks",
      jobs: ["import_cities"],
      database,
      env: { DATA_DATABASE_URL: data.url },
    });
    await eventually(
      async () => (await service.get("/jobs/import_cities")).json.loadState === "ready",
      20_000,
    );
  });
  after(async () => {
    await service.stop();
    await data.close();
  });

  async function imported(): Promise<Json> {
    const { json } = await service.call("POST", "/jobs/import_cities/runs", { params: {} });
    return eventually(
      async () => {
        const run = (await service.get(`/runs/${json["id"]}`)).json;
        return run["finishedAt"] !== null && run;
      },
      120_000,
      100,
    );
  }

  async function rowOf(id: string): Promise<Json> {
    const opened = await openDatabase({ url: database });
    try {
      const [row] = await opened.read.all(
        `SELECT state, attempt, records_processed, records_success, records_failed, records_skipped, result,
          (SELECT COUNT(*) FROM failed_records f WHERE f.run_id = id) AS refused FROM task_runs WHERE id = ?`,
        [id],
      );
      const { state, result, ...counts } = row!;
      const numbers = Object.fromEntries(
        Object.entries(counts).map(([name, value]) => [name, Number(value)]),
      );
      return { state, ...numbers, written: (JSON.parse(String(result)) as Json)["written"] };
    } finally {
      await opened.close();
    }
  }

  async function refusedOf(id: string): Promise<Json[]> {
    const { json } = await service.get(`/runs/${id}/failed-records?limit=5000`);
    expect(json.records).to.deep.equal({ failed: REFUSED, kept: REFUSED, notKept: 0 });
    return json.data as Json[];
  }

  const inTable = async () => Number((await data.query("SELECT COUNT(*) AS n FROM cities"))[0]!["n"]);
  const lastWrite = async () =>
    Number((await data.query("SELECT MAX(updated_at) AS at FROM cities"))[0]!["at"]);
  const row = (success: number, skipped: number) => ({
    state: "succeeded",
    attempt: 1,
    records_processed: ROWS,
    records_success: success,
    records_failed: REFUSED,
    records_skipped: skipped,
    refused: REFUSED,
    written: success,
  });
  let refused: Json[];

  it("writes every good row, and keeps each refused one with its reason", async function () {
    this.timeout(150_000);
    const run = await imported();
    expect(run["state"], run["cause"]).to.equal("succeeded");
    expect(run["cause"]).to.equal(`succeeded, ${REFUSED} records failed`);
    expect(run["records"]).to.deep.equal({ processed: ROWS, success: GOOD, failed: REFUSED, skipped: 0 });
    expect(run["progress"]).to.include({ percent: 100 });
    expect(await rowOf(run["id"])).to.deep.equal(row(GOOD, 0));
    expect(await inTable()).to.equal(GOOD);
    refused = await refusedOf(run["id"]);
    expect(refused).to.have.length(REFUSED);
    expect(new Set(refused.map((one) => one["key"])).size).to.equal(REFUSED);
    for (const { reason } of refused) expect(reason).to.be.a("string").and.not.equal("");
  });

  it("done again, writes nothing, and counts what was there as skipped", async function () {
    this.timeout(150_000);
    const before = await lastWrite();
    const run = await imported();
    expect(await lastWrite()).to.equal(before);
    expect(run["records"]).to.deep.equal({ processed: ROWS, success: 0, failed: REFUSED, skipped: GOOD });
    expect(await rowOf(run["id"])).to.deep.equal(row(0, GOOD));
    expect(await inTable()).to.equal(GOOD);
    const again = await refusedOf(run["id"]);
    const plain = (one: Json) => [one["key"], one["reason"]];
    expect(again.map(plain)).to.deep.equal(refused.map(plain));
  });
});
