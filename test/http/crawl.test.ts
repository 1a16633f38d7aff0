import { expect } from "chai";
import type { Role } from "../../src/access/role.ts";
import { atLeast, ROLES } from "../../src/access/role.ts";
import { createServer } from "../../src/http/create-server.ts";
import { BASE, checkRoutes, type Route, route } from "../../src/http/route.ts";
import { routes } from "../../src/http/routes/index.ts";
import { ok } from "../../src/http/reply.ts";
import { Face } from "../support/face.ts";
import { FaceWorld, taskRun } from "../support/http-doubles.ts";
import { versionFacts } from "../support/memory-versions.ts";

const VERSION = "9c41f02a".repeat(8);

describe("A2: the crawl, every route of the table without and with too small a token", () => {
  const face = new Face();
  before(async () => {
    await face.start();
    face.world.runs.push(taskRun({ id: "run_2", scheduleId: "sch_1", batch: "bat_1", forAt: 0 }));
    face.world.runs.push(taskRun({ id: "run_1", jobKey: "open" }));
    face.world.versions.versions.push(versionFacts("open", VERSION));
    await face.deps.schedules.create(
      { source: "default", jobKey: "open", fields: { cron: "0 2 * * *" } },
      "local",
    );
  });
  after(() => face.stop());

  /** What must be as it was after every refusal. */
  const snapshot = () =>
    JSON.stringify([
      face.world.runs,
      face.world.schedules.rows,
      face.world.schedules.pauses.rows,
      face.world.entries,
      face.world.tokens.codes,
      [...face.world.sessions.rows.keys()],
      [...face.world.values.rows],
      face.world.tokens.tokens.map((token) => ({ ...token, lastUsedAt: 0 })),
    ]);

  const idFor = (path: string) =>
    path.includes("/runs/")
      ? "run_1"
      : path.includes("/batches/")
        ? "bat_1"
        : face.world.schedules.rows[0]!.id;

  const pathOf = (one: Route) =>
    one.path
      .replace(":key", "open")
      .replace(":name", "default")
      .replace(":n", "0")
      .replace(/:(hash|a|b)(?=\/|$)/g, VERSION)
      .replace(":id", idFor(one.path));

  const bodies: Record<string, object> = {
    "POST /schedules": { job: "open", cron: "0 3 * * *" },
    "POST /schedules/preview": { cron: "0 3 * * *" },
    "PATCH /schedules/:id": { name: "changed" },
    "PATCH /jobs/:key": { notes: "changed" },
    "PUT /schedules/:id": { cron: "0 5 * * *" },
    "PUT /jobs/:key/state": { values: { cursor: 1 } },
    "POST /schedules/:id/backfill": { from: "2026-12-01T00:00:00Z", to: "2026-12-03T00:00:00Z" },
    "POST /tokens": { name: "x", role: "viewer" },
    "POST /jobs/:key/pin": { version: VERSION },
  };

  const ask = (one: Route, token: string | null) =>
    face.ask(one.method, `/${pathOf(one)}`, {
      token,
      headers: { "If-Match": "*", "Idempotency-Key": `crawl-${one.path}` },
      ...(one.body ? { body: bodies[`${one.method} ${one.path.replace(BASE, "")}`] ?? {} } : {}),
    });

  const guarded = routes.filter((one) => one.role !== "public");

  it("the table has every endpoint of this issue, and nothing below the base is public", () => {
    const names = routes.map((one) => `${one.method} ${one.path.replace(BASE, "")}`);
    expect(names).to.have.members([
      "GET /jobs",
      "GET /jobs/:key",
      "PATCH /jobs/:key",
      "POST /jobs/:key/runs",
      "POST /jobs/:key/validate",
      "GET /jobs/:key/versions",
      "GET /jobs/:key/versions/:hash",
      "GET /jobs/:key/versions/:hash/source",
      "GET /jobs/:key/versions/:a/diff/:b",
      "POST /jobs/:key/pin",
      "POST /jobs/:key/unpin",
      "POST /jobs/:key/reload",
      "GET /runs",
      "GET /runs/:id",
      "GET /runs/:id/logs",
      "GET /runs/:id/logs/stream",
      "GET /runs/:id/failed-records",
      "POST /runs/:id/cancel",
      "POST /runs/:id/retry",
      "GET /schedules",
      "POST /schedules",
      "POST /schedules/preview",
      "GET /schedules/:id",
      "PATCH /schedules/:id",
      "DELETE /schedules/:id",
      "POST /schedules/:id/pause",
      "POST /schedules/:id/resume",
      "POST /schedules/:id/skip-next",
      "POST /schedules/:id/copy",
      "POST /schedules/:id/backfill",
      "GET /schedules/:id/explain",
      "GET /batches/:id",
      "POST /batches/:id/cancel",
      "POST /jobs/:key/pause",
      "POST /jobs/:key/resume",
      "POST /sources/:name/pause",
      "POST /sources/:name/resume",
      "GET /scheduler",
      "POST /scheduler/pause",
      "POST /scheduler/resume",
      "GET /sources",
      "GET /load-errors",
      "GET /meta",
      "GET /me",
      "GET /openapi.json",
      "GET /docs",
      "GET /secrets",
      "POST /secrets/rotate",
      "GET /tokens",
      "POST /tokens",
      "DELETE /tokens/:id",
      "GET /audit-events",
      "GET /stats",
      "GET /stats/hours",
      "GET /jobs/:key/stats",
      "GET /upcoming",
      "GET /clock-changes",
      "POST /jobs/:key/suggested-schedules/:n/accept",
      "POST /sources/:name/rescan",
      "GET /metrics",
      "GET /events",
      "POST /session",
      "DELETE /session",
      "POST /sign-in-links",
      "GET /sign-in-links",
      "DELETE /sign-in-links/:id",
      "GET /jobs/:key/state",
      "PUT /jobs/:key/state",
      "DELETE /jobs/:key/state",
      "DELETE /runs/:id",
      "PUT /schedules/:id",
      "POST /schedules/:id/run",
      "GET /workers",
      "GET /timeline",
      "GET /livez",
      "GET /readyz",
      "GET /sign-in",
      "POST /sign-in",
    ]);
  });

  for (const one of guarded) {
    it(`${one.method} ${one.path} without a token is 401, and nothing changed`, async () => {
      const before = snapshot();
      // Wrong tokens are slowed down; this is about what they open.
      face.world.clock.time += 3_600_000;
      for (const token of [null, "jbm_unknown"]) {
        const answer = await ask(one, token);
        expect(answer.status).to.equal(401);
        expect(answer.headers.get("content-type")).to.equal("application/problem+json");
        expect(answer.headers.get("www-authenticate")).to.include("Bearer");
      }
      expect(snapshot()).to.equal(before);
      expect(face.world.idempotency.rows.size).to.equal(0);
    });

    const smaller = ROLES.filter((role) => one.role === "local" || !atLeast(role, one.role as Role));
    if (smaller.length > 0) {
      it(`${one.method} ${one.path} as ${smaller.join(", ")} is 403, and nothing changed`, async () => {
        const before = snapshot();
        for (const role of smaller) {
          const answer = await ask(one, face.tokens[role]);
          expect(answer.status, role).to.equal(403);
          expect(answer.json.code).to.equal("forbidden");
        }
        expect(snapshot()).to.equal(before);
        expect(face.world.idempotency.rows.size).to.equal(0);
      });
    }
  }

  it("an expired token opens nothing", async () => {
    const token = await face.token({ role: "admin", expiresAt: face.world.clock.now() + 1 });
    face.world.clock.time += 1;
    for (const one of guarded) {
      face.world.clock.time += 3_600_000;
      const before = snapshot();
      const answer = await ask(one, token);
      expect(answer.status, one.path).to.equal(401);
      expect(answer.json.code, one.path).to.equal("invalid_token");
      expect(snapshot(), one.path).to.equal(before);
    }
    expect(face.world.idempotency.rows.size).to.equal(0);
  });

  it("what is not in the table is 401 without a token, whatever the spelling of the path", async () => {
    for (const path of ["/nothing", "/jobs/open/unknown", "", "/"]) {
      expect((await face.ask("GET", path, { token: null })).status, path).to.equal(401);
    }
    for (const path of ["/API/v1/jobs", "//api/v1/jobs", "/api/v1%2Fjobs", "/x/../api/v1/jobs"]) {
      const { status } = await face.fetch(path);
      expect([401, 404], `${path}: ${status}`).to.include(status);
    }
  });

  it("with their role the routes answer", async () => {
    for (const one of guarded) {
      if (one.role === "local" || one.method === "DELETE") continue;
      if (one.formats?.["text/event-stream"] !== undefined) {
        // It goes on as long as its run: that it begins is enough.
        const controller = new AbortController();
        const headers = { authorization: `Bearer ${face.tokens[one.role as Role]}` };
        const url = `${face.url}${pathOf(one)}`;
        const stream = await fetch(url, { headers, signal: controller.signal });
        controller.abort();
        expect(stream.status, one.path).to.equal(200);
        continue;
      }
      const { status } = await ask(one, face.tokens[one.role as Role]);
      expect([200, 201, 202], `${one.method} ${one.path}: ${status}`).to.include(status);
    }
  });
});

describe("A2: the table of routes at start", () => {
  const good = {
    method: "GET",
    path: `${BASE}/x`,
    role: "viewer",
    summary: "",
    replies: {},
    handle: () => ok({}),
  } as const;

  it("a route without a least role stops the start", () => {
    const bare = { ...good, role: undefined };
    const table = [route(bare as unknown as typeof good)];
    expect(() => createServer(new FaceWorld().deps(), "network", table)).to.throw(
      `The route GET ${BASE}/x declares no least role`,
    );
  });

  it("a misspelt role, a public route below the base and a route declared twice stop the start", () => {
    expect(() => checkRoutes([route({ ...good, role: "viewr" as "viewer" })])).to.throw("no least role");
    expect(() => checkRoutes([route({ ...good, role: "public" })])).to.throw("is public");
    expect(() => checkRoutes([route(good), route(good)])).to.throw("declared twice");
  });
});
