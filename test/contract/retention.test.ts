import { expect } from "chai";
import { Retention } from "../../src/actors/retention.ts";
import type { AuditEvent } from "../../src/access/audit.ts";
import { DbAuditStore } from "../../src/db/audit-store.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { DbRetention } from "../../src/db/retention.ts";
import { newId } from "../../src/ids.ts";
import { silentLogger } from "../../src/log.ts";
import type { NewRun } from "../../src/runs/store.ts";
import { makeSchedule } from "../schedules/make-schedule.ts";
import { newRun } from "./make.ts";
import { onEveryRunStore } from "./run-rig.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2027, 5, 1);

onEveryRunStore("what is old is let go of", (rig) => {
  const LIMITS = {
    runsMs: 90 * DAY,
    logsMs: 30 * DAY,
    runsPerJob: 100,
    auditMs: 365 * DAY,
    auditRows: 1_000,
  };
  const retention = (more: Partial<typeof LIMITS> = {}) =>
    new Retention({
      store: new DbRetention(rig.database),
      limits: { ...LIMITS, ...more },
      now: () => NOW,
      log: silentLogger,
      pauseMs: 0,
    });

  /** Runs of one state, one a day, the first of them `from` days ago, each with a log line, an attempt and a refused record. */
  const insert = async (
    n: number,
    from: number,
    state: string,
    more: Partial<NewRun> = {},
  ): Promise<string[]> => {
    const runs = Array.from({ length: n }, (_, i) => {
      const queuedAt = NOW - (from - i) * DAY;
      return newRun({ id: newId("run", queuedAt), queuedAt, availableAt: queuedAt, ...more });
    });
    await rig.store.insert(runs);
    await rig.database.write(async (sql) => {
      for (const { id, queuedAt } of runs) {
        const ended = state === "queued" || state === "running" ? null : queuedAt + 1_000;
        await sql.run(
          "UPDATE task_runs SET state = ?, started_at = ?, finished_at = ?, log_lines = 1, attempt = 1 WHERE id = ?",
          [state, queuedAt, ended, id],
        );
        await sql.insert(
          "run_logs",
          ["run_id", "first_seq", "attempt", "line_count", "written_at", "line_texts"],
          [[id, 1, 1, 1, queuedAt, "[]"]],
        );
        await sql.insert(
          "failed_records",
          ["run_id", "attempt", "seq", "record_key", "reason"],
          [[id, 1, 1, "a", "b"]],
        );
        await sql.insert(
          "run_attempts",
          ["run_id", "attempt", "state", "started_at", "finished_at"],
          [[id, 1, state, queuedAt, queuedAt + 1_000]],
        );
      }
      const job = { source: "default", job_key: more.jobKey ?? "job" };
      const [known] = await sql.all(
        "SELECT source FROM jobs WHERE source = ? AND job_key = ?",
        Object.values(job),
      );
      if (!known)
        await sql.insert("jobs", ["source", "job_key", "load_state"], [[...Object.values(job), "ready"]]);
    });
    return runs.map(({ id }) => id);
  };
  const idsIn = async (table: string, column = "run_id") =>
    (await rig.database.read.all(`SELECT DISTINCT ${column} AS id FROM ${table} ORDER BY ${column}`)).map(
      (row) => String(row["id"]),
    );

  beforeEach(() =>
    rig.database.write(async (sql) => {
      for (const table of ["jobs", "audit_events", "schedules", "failed_records", "run_attempts", "run_logs"])
        await sql.run(`DELETE FROM ${table}`);
    }),
  );

  it("old runs go with their logs, attempts and refused records; what has not ended never, nor the last of each end", async () => {
    const failed = await insert(3, 300, "failed");
    const old = await insert(120, 219, "succeeded");
    const active = [...(await insert(2, 300, "queued")), ...(await insert(2, 250, "running"))];
    const fresh = await insert(5, 50, "succeeded", { jobKey: "other" });
    const lonely = await insert(2, 200, "succeeded", { jobKey: "lonely" });
    const skipped = newRun({
      id: newId("run", NOW - 200 * DAY),
      queuedAt: NOW - 200 * DAY,
      state: "skipped",
      reason: "overlap",
    });
    await rig.store.insert([skipped]);
    const { runs } = await retention().pass();
    expect(runs).to.equal(2 + 119 + 1 + 1);
    const kept = [failed.at(-1)!, old.at(-1)!, ...active, ...fresh, lonely.at(-1)!].sort();
    expect(await idsIn("task_runs", "id")).to.deep.equal(kept);
    for (const table of ["failed_records", "run_attempts"])
      expect(await idsIn(table), table).to.deep.equal(kept);
  });

  it("logs go before their runs, once, and the run says when", async () => {
    const old = await insert(4, 60, "succeeded");
    const active = await insert(1, 55, "running");
    const fresh = await insert(4, 20, "succeeded");
    const service = retention();
    expect(await service.pass()).to.deep.include({ runs: 0, logs: 4 });
    expect(await idsIn("run_logs")).to.deep.equal([...active, ...fresh].sort());
    const [row] = await rig.database.read.all("SELECT log_removed_at FROM task_runs WHERE id = ?", [old[0]!]);
    expect(row!["log_removed_at"]).to.equal(NOW);
    expect((await rig.queries.byId(old[0]!))!.log.removedAt).to.equal(NOW);
    expect((await rig.queries.byId(fresh[0]!))!.log).not.to.have.property("removedAt");
    expect(await service.pass()).to.deep.include({ logs: 0 });
    await rig.database.write((sql) =>
      sql.run("UPDATE task_runs SET state = 'succeeded', finished_at = queued_at + 1 WHERE id = ?", active),
    );
    expect(await service.pass(), "one that ended late is not forgotten").to.deep.include({ logs: 1 });
  });

  it("refused records outlive the log of their run, with all that doing them again needs", async () => {
    const [old] = await insert(1, 60, "failed");
    await insert(1, 10, "failed");
    expect(await retention().pass()).to.deep.include({ runs: 0, logs: 1 });
    expect(await idsIn("run_logs")).not.to.include(old);
    expect((await rig.queries.logLines(old!, { limit: 10 })).lines).to.deep.equal([]);
    expect(await rig.queries.failedRecords(old!, 0, 10)).to.deep.equal([{ seq: 1, key: "a", reason: "b" }]);
    expect(await rig.queries.failedRecordsOf(old!)).to.deep.equal({ kept: 1, withKey: 1 });
    expect(await rig.queries.failedKeys(old!)).to.deep.equal(["a"]);
    expect(await idsIn("run_attempts")).to.include(old);
  });

  it("a run whose refused records are just being done again stays until that is over, by age and by number", async () => {
    const old = await insert(5, 300, "failed");
    const again = await insert(1, 0, "queued", { retryOf: old[1]! });
    for (const limits of [{}, { runsMs: Number.MAX_SAFE_INTEGER, runsPerJob: 1 }]) {
      await retention(limits).pass();
      expect(await idsIn("task_runs", "id")).to.deep.equal([old[1]!, old[4]!, ...again].sort());
      expect(await rig.queries.failedKeys(old[1]!)).to.deep.equal(["a"]);
    }
    await rig.database.write((sql) =>
      sql.run("UPDATE task_runs SET state = 'succeeded', finished_at = queued_at + 1 WHERE id = ?", again),
    );
    await retention().pass();
    expect(await idsIn("task_runs", "id")).to.deep.equal([old[4]!, ...again].sort());
  });

  it("of a job with too many runs the oldest go, however young; of others none", async () => {
    const crowded = await insert(130, 130, "succeeded");
    await insert(50, 50, "succeeded", { jobKey: "other" });
    expect(await retention({ runsMs: 365 * DAY }).pass()).to.deep.include({ runs: 30 });
    const left = await idsIn("task_runs", "id");
    expect(left).to.have.length(150);
    expect(
      crowded
        .sort()
        .slice(0, 30)
        .filter((id) => left.includes(id)),
    ).to.deep.equal([]);
  });

  it("nothing goes that is younger than the longest catch-up window, whatever the settings say", async () => {
    const runs = await insert(130, 129, "succeeded");
    const schedules = new DbScheduleStore(rig.database, {
      factsOf: () => ({ jobName: null, maxAttempts: 1 }),
    });
    const catchUp = { policy: "all" as const, windowMs: 100 * DAY, max: 10 };
    await schedules.insert(makeSchedule({ catchUp }), "test");
    const { runs: gone, logs } = await retention({ runsMs: 60_000, logsMs: 60_000, runsPerJob: 1 }).pass();
    const older = runs.sort().slice(0, 29);
    expect([gone, logs]).to.deep.equal([older.length, 0]);
    expect((await idsIn("task_runs", "id")).filter((id) => older.includes(id))).to.deep.equal([]);
  });

  it("refusals of unknown people push no change out of the audit log: they have a quarter of it", async () => {
    const store = new DbAuditStore(rig.database);
    const event = (at: number, isChange: boolean): AuditEvent => ({
      id: newId("aud", at),
      at,
      actor: isChange ? { type: "token", id: "tok_1", name: "ada", role: "admin" } : null,
      address: isChange ? null : "192.0.2.1",
      action: isChange ? "schedules.delete" : "access",
      target: null,
      source: null,
      outcome: isChange ? "done" : "refused",
      status: isChange ? 204 : 401,
      code: null,
      detail: null,
      repeats: 0,
      requestId: "r",
    });
    await store.insert(Array.from({ length: 10 }, (_, i) => event(NOW - 1_000_000 + i, true)));
    for (let i = 0; i < 4; i++)
      await store.insert(Array.from({ length: 15 }, (_, j) => event(NOW - 500_000 + i * 100 + j, false)));
    expect(await retention({ auditRows: 80 }).pass()).to.deep.include({ audit: 40 });
    const left = (await store.list({ limit: 100 })).events;
    expect(left.filter(({ actor }) => actor !== null)).to.have.length(10);
    expect(left.filter(({ actor }) => actor === null)).to.have.length(20);
    expect(left[0]!.at, "the newest stay").to.equal(NOW - 500_000 + 314);
  });

  it("the audit log goes by age and by number, sessions and codes when they are over", async () => {
    const store = new DbAuditStore(rig.database);
    const event = (at: number) => ({
      id: newId("aud", at),
      at,
      actor: null,
      address: null,
      action: "x",
      target: null,
      source: null,
      outcome: "done" as const,
      status: 200,
      code: null,
      detail: null,
      repeats: 0,
      requestId: "r",
    });
    for (let i = 0; i < 20; i++) await store.insert([event(NOW - (380 - i * 2) * DAY)]);
    expect(await retention().pass()).to.deep.include({ audit: 8 });
    expect(await retention({ auditRows: 5 }).pass()).to.deep.include({ audit: 7 });
    expect(await idsIn("audit_events", "id")).to.have.length(5);
    await rig.database.write(async (sql) => {
      for (const [hash, at] of [
        ["old", NOW - 1],
        ["new", NOW + 1],
      ] as const)
        await sql.insert(
          "sessions",
          ["hash", "token_hash", "created_at", "expires_at"],
          [[hash, "x", 0, at]],
        );
    });
    await retention().pass();
    expect(await idsIn("sessions", "hash")).to.deep.equal(["new"]);
  });

  it("stops between two batches", async () => {
    await insert(120, 300, "failed");
    const service = retention();
    await service.start();
    await service.stop();
    expect(await service.pass()).to.deep.equal({ runs: 0, logs: 0, audit: 0 });
  });

  it("nothing of the time that a catch-up may look back at goes for being too many, of the audit log either", async () => {
    const store = new DbAuditStore(rig.database);
    const eventOf = (days: number): AuditEvent => ({
      ...{ id: newId("aud", NOW - days * DAY), at: NOW - days * DAY, actor: null, address: "192.0.2.1" },
      ...{ action: "access", target: null, source: null, outcome: "refused", status: 401, code: null },
      ...{ detail: null, repeats: 0, requestId: "r" },
    });
    await store.insert([30, 20, 6, 5, 4, 3].map(eventOf));
    const window = { catchUp: { policy: "all", windowMs: 10 * DAY, max: 100 } } as const;
    const factsOf = () => ({ jobName: null, maxAttempts: 1 });
    await new DbScheduleStore(rig.database, { factsOf, onFault: () => undefined }).insert(
      makeSchedule({ id: "sch_window", ...window }),
      "ana",
    );
    const { audit } = await retention({ auditRows: 1, auditMs: DAY }).pass();
    expect(audit).to.equal(2);
    expect(await idsIn("audit_events", "id")).to.have.length(4);
    await rig.database.write((sql) => sql.run("DELETE FROM schedules"));
    expect((await retention({ auditRows: 1, auditMs: 90 * DAY }).pass()).audit).to.be.above(0);
  });
});
