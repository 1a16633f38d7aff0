// The audit log on every database: a filter that few rows match is looked for in slices, and a page says where it stopped.
import { expect } from "chai";
import type { AuditEvent, AuditFilter } from "../../src/access/audit.ts";
import { DbAuditStore } from "../../src/db/audit-store.ts";
import { newId } from "../../src/ids.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { T0 } from "./make.ts";

onEveryDatabase("lists of the audit log", (databases) => {
  const events = Array.from({ length: 95 }, (_, i): AuditEvent => ({
    id: newId("aud", T0 + i),
    at: T0 + i,
    actor: { type: "token", id: "tok_1", name: i % 2 === 0 ? "ada" : "ci", role: "admin" },
    address: null,
    action: i % 3 === 0 ? "schedules.pause" : "runs.cancel",
    target: `t${i % 4}`,
    source: i % 5 === 0 ? "acme" : "default",
    outcome: i === 7 || i === 60 ? "failed" : "done",
    status: 200,
    code: null,
    detail: null,
    repeats: 0,
    requestId: "r",
  }));
  const filters: [Omit<AuditFilter, "limit">, (event: AuditEvent) => boolean][] = [
    [{}, () => true],
    [{ outcomes: ["failed"] }, ({ outcome }) => outcome === "failed"],
    [{ outcomes: ["failed"], sources: ["default"] }, ({ id }) => id === events[7]!.id],
    [{ actions: ["schedules"] }, ({ action }) => action === "schedules.pause"],
    [
      { actors: ["ada"], actions: ["runs"] },
      (one) => one.actor!.name === "ada" && one.action === "runs.cancel",
    ],
    [{ sources: ["acme", "default"], target: "t1" }, ({ target }) => target === "t1"],
    [{ since: T0 + 10, until: T0 + 20, outcomes: ["done"] }, ({ at }) => at >= T0 + 10 && at < T0 + 20],
    [{ sources: [] }, () => false],
  ];
  let hasty: DbAuditStore;
  before(async () => {
    const database = await databases.fresh();
    hasty = new DbAuditStore(database, { lookMs: 0, sliceRows: 10 });
    await hasty.insert(events);
  });

  it("holds each row that matches once, newest first, however small the slices are", async () => {
    for (const [filter, isMatch] of filters) {
      const found: string[] = [];
      let [after, pages]: [string | undefined, number] = [undefined, 0];
      do {
        const page = await hasty.list({ ...filter, after, limit: 4 });
        found.push(...page.events.map(({ id }) => id));
        after = page.stoppedAt ?? (page.events.length === 4 ? page.events.at(-1)!.id : undefined);
        expect(++pages).to.be.below(40);
      } while (after !== undefined);
      const wanted = events.filter(isMatch).map(({ id }) => id);
      expect(found, JSON.stringify(filter)).to.deep.equal(wanted.reverse());
    }
  });

  it("stops after one slice when it has looked long enough, and says where", async () => {
    const page = await hasty.list({ outcomes: ["failed"], limit: 4 });
    expect(page).to.deep.equal({ events: [], stoppedAt: events[85]!.id });
  });
});
