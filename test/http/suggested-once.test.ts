import { expect } from "chai";
import { LOCAL_PRINCIPAL } from "../../src/access/principal.ts";
import { Access } from "../../src/access/access.ts";
import { systemClock } from "../../src/clock.ts";
import { DbIdempotencyStore } from "../../src/db/idempotency-store.ts";
import type { Database } from "../../src/db/database.ts";
import { NamedLocks } from "../../src/db/named-locks.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { SettingsStore } from "../../src/db/settings-store.ts";
import { DbTokenStore } from "../../src/db/token-store.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { Suggestions } from "../../src/schedules/suggestions.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { Face } from "../support/face.ts";
import { factsOf } from "../contract/schedule-rig.ts";

const ACCEPT = "/jobs/billing.sync-orders/suggested-schedules/0/accept";

onEveryDatabase("a suggestion that is accepted twice at once", (databases) => {
  const faces: Face[] = [];
  let database: Database;

  /** The face of one replica. */
  async function replica(handle: Database): Promise<Face> {
    const schedules = new Schedules({
      store: new DbScheduleStore(handle, { factsOf, onFault: () => undefined }),
      clock: systemClock,
      defaults: { timeZone: "UTC" },
      jobOf: () => ({ overlap: "skip", acceptParams: (params) => params }),
      wake: () => undefined,
    });
    const locks = new NamedLocks(new SettingsStore(handle));
    const face = new Face((deps) => ({
      ...deps,
      access: new Access({ store: new DbTokenStore(handle), clock: systemClock }),
      idempotency: new DbIdempotencyStore(handle),
      clock: systemClock,
      schedules,
      suggestions: new Suggestions({ schedules, alone: (name, work) => locks.hold(name, work) }),
    }));
    await face.start();
    faces.push(face);
    return face;
  }

  before(async () => {
    database = await databases.fresh();
    await replica(database);
    await replica(databases.name === "mariadb" ? await databases.again(database) : database);
  });
  after(async () => {
    for (const face of faces) await face.stop();
  });

  it("makes one schedule: all others are 409 already_accepted and name it", async function () {
    this.timeout(60_000);
    const { secret: token } = await faces[0]!.deps.access.createToken(
      { name: "editor", role: "editor" },
      LOCAL_PRINCIPAL,
    );
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        faces[i % 2]!.ask("POST", ACCEPT, { token, body: { params: { token: "x" } } }),
      ),
    );
    const made = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 409);
    expect([made.length, refused.length]).to.deep.equal([1, 7]);
    for (const { json } of refused) {
      expect(String(json.code)).to.equal("already_accepted");
      expect(String(json.detail)).to.include(String(made[0]!.json.id));
    }
    expect(await faces[0]!.deps.schedules.list({ limit: 10 })).to.have.length(1);
  });
});
