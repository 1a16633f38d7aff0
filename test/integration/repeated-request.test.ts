// A1: a service that dies between the commit of an Idempotency-Key and that of its effect, or before its answer came: the
// request that is sent again has one effect, the first or its own.
import { expect } from "chai";
import Libsql from "libsql";
import { createConnection } from "mysql2/promise";
import { openDatabase } from "../../src/db/open.ts";
import type { SqlRow } from "../../src/db/sql.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Reply, Service } from "../support/service.ts";

/** After so long a key without a result is one of a service that died. */
const ABANDONED_MS = 2 * 60_000;

interface Effect {
  what: string;
  path(schedule: string): string;
  body: object;
  status: number;
  /** How often it took effect. */
  count: string;
  /** The table whose rows it writes, and how. */
  table: string;
  write: "INSERT" | "UPDATE";
}

const EFFECTS: readonly Effect[] = [
  {
    what: "a trigger",
    path: () => "/jobs/noop/runs",
    body: {},
    status: 202,
    count: "SELECT COUNT(*) AS n FROM task_runs",
    table: "task_runs",
    write: "INSERT",
  },
  {
    what: "a pause of a schedule",
    path: (schedule) => `/schedules/${schedule}/pause`,
    body: { reason: "the move" },
    status: 200,
    count: "SELECT COUNT(*) AS n FROM schedule_revisions WHERE action = 'paused'",
    table: "schedules",
    write: "UPDATE",
  },
];

onEveryDatabase("a request that is sent again after the service died", function (databases) {
  let url = "";
  let service: Service;
  let schedule = "";
  let sent = 0;

  before(async function () {
    this.timeout(90_000);
    url = await databases.freshUrl();
    service = await Service.start({ jobs: ["noop"], database: url });
    await eventually(async () => (await service.get("/jobs/noop")).status === 200, 60_000);
    const made = await service.call("POST", "/schedules", { job: "noop", cron: "0 0 29 2 *" });
    schedule = String(made.json.id);
  });
  after(() => service?.stop());

  /** Beside the service, as whoever looks into its database. */
  async function rows(text: string): Promise<SqlRow[]> {
    if (databases.name === "sqlite") return sqlite((file) => file.prepare(text).all() as SqlRow[]);
    const database = await openDatabase({ url });
    return database.read.all(text).finally(() => database.close());
  }
  async function change(text: string): Promise<void> {
    if (databases.name === "sqlite") return sqlite((file) => void file.exec(text));
    const database = await openDatabase({ url });
    await database.write((sql) => sql.run(text)).finally(() => database.close());
  }
  function sqlite<T>(work: (file: Libsql.Database) => T): T {
    const file = new Libsql(url.slice("sqlite:".length), { timeout: 20_000 });
    try {
      return work(file);
    } finally {
      file.close();
    }
  }

  /** From now on what the effect writes does not get through; answers how that ends. */
  async function stall({ table, write }: Effect): Promise<() => Promise<void>> {
    if (databases.name === "sqlite") {
      await change(
        "CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) AS i FROM n",
      );
      await change(`CREATE TRIGGER stall BEFORE ${write} ON ${table} BEGIN SELECT i FROM forever; END`);
      return () => change("DROP TRIGGER stall; DROP VIEW forever");
    }
    const connection = await createConnection(url);
    await connection.query(`LOCK TABLES ${table} READ`);
    return () => connection.end();
  }

  const send = (effect: Effect, key: string): Promise<Reply> =>
    service.call("POST", effect.path(schedule), effect.body, { "idempotency-key": key });
  const countOf = async ({ count }: Effect) => Number((await rows(count))[0]!["n"]);
  const keyOf = async (key: string) =>
    (await rows(`SELECT status FROM idempotency_keys WHERE idempotency_key = '${key}'`))[0];

  for (const effect of EFFECTS) {
    it(`A1: ${effect.what}: died with the key committed and nothing done: the repetition does it, once`, async function () {
      this.timeout(120_000);
      const [before, key] = [await countOf(effect), `before-${++sent}`];
      const release = await stall(effect);
      const lost = send(effect, key).catch(() => "no answer");
      await eventually(async () => (await keyOf(key)) !== undefined, 30_000);
      expect((await keyOf(key))!["status"]).to.equal(null);
      expect(await countOf(effect)).to.equal(before);
      await service.kill9();
      expect(await lost).to.equal("no answer");
      await release();
      await service.startAgain();
      expect(await countOf(effect), "what a dead service left behind does nothing").to.equal(before);
      const early = await send(effect, key);
      expect([early.status, early.json.code]).to.deep.equal([409, "idempotency_running"]);
      // As if two minutes had gone by.
      const aged = `UPDATE idempotency_keys SET created_at = created_at - ${ABANDONED_MS + 1}`;
      await change(`${aged} WHERE idempotency_key = '${key}'`);
      await repeated(effect, key, before);
    });

    it(`A1: ${effect.what}: died with the effect committed and no answer sent: the repetition finds it`, async function () {
      this.timeout(120_000);
      const [before, key] = [await countOf(effect), `after-${++sent}`];
      const answer = send(effect, key).catch(() => undefined);
      await eventually(async () => (await countOf(effect)) > before, 30_000, 1);
      await service.kill9();
      await answer;
      await service.startAgain();
      expect((await send(effect, key)).headers.get("idempotent-replayed")).to.equal("true");
      await repeated(effect, key, before);
    });
  }

  /** Many at once, and one after another: one effect, which all of them that answer name. */
  async function repeated(effect: Effect, key: string, before: number): Promise<void> {
    const many = await Promise.all(Array.from({ length: 5 }, () => send(effect, key)));
    many.push(await send(effect, key), await send(effect, key));
    const done = many.filter(({ status }) => status !== 409);
    expect(done.map(({ status }) => status)).to.deep.equal(done.map(() => effect.status));
    expect(new Set(done.map(({ json }) => String(json.id))).size).to.equal(1);
    expect(done.at(-1)!.headers.get("idempotent-replayed")).to.equal("true");
    expect(await countOf(effect)).to.equal(before + 1);
    if (effect.table === "schedules") await service.call("POST", `/schedules/${schedule}/resume`);
  }
});
