// A random life of one schedule, through the real services: edits, pauses, holds, skips, outages; and an oracle of its rows.
import { expect } from "chai";
import { Controls } from "../../src/schedules/controls.ts";
import { calendarOf } from "../../src/schedules/calendar.ts";
import type { Schedule, ScheduleStore } from "../../src/schedules/schedule.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import type { PauseScope } from "../../src/schedules/suspension.ts";
import { pick, type Random, whole } from "../schedules/random-cron.ts";

export interface StoryRow {
  fireAt: number;
  fireThrough: number | null;
  fireCount: number | null;
  ran: boolean;
  reason: string | null;
  revision: number;
}

export interface StoryStore {
  store: ScheduleStore;
  rowsOf(scheduleId: string): Promise<StoryRow[]>;
  /** Ends everything that waits, so that overlap decides on something new. */
  endRuns(scheduleId: string): Promise<void>;
}

interface Calendars {
  /** Fires after it are this revision's. */
  from: number;
  schedule: Schedule;
}

/** Fires in it do not run: after `from`, up to `to`, which belongs to it unless it passed by itself. */
interface Stretch {
  key: string;
  from: number;
  to: number;
}

const SCOPES: readonly PauseScope[] = [
  { kind: "all" },
  { kind: "source", source: "default" },
  { kind: "job", source: "default", jobKey: "echo" },
];
const SUSPENDED = ["paused", "disabled", "held"];
const CRONS = ["*/7 * * * * *", "* * * * *", "*/15 * * * *", "0 * * * *", "30 2 * * *", "0,30 1-3 * * *"];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
const START = Date.UTC(2027, 2, 27, 20);

export class Story {
  readonly clock = { at: START + 123, now: () => this.clock.at };
  readonly schedules: Schedules;
  readonly controls: Controls;
  readonly scopes: ScopePauses;
  readonly told: string[] = [];
  readonly #calendars: Calendars[] = [];
  readonly #stretches: Stretch[] = [];
  readonly #open = new Map<string, { from: number; until: number }>();
  #missing = false;
  #id = "";

  get id(): string {
    return this.#id;
  }

  constructor(
    readonly world: StoryStore,
    readonly random: Random,
  ) {
    const { store } = world;
    this.schedules = new Schedules({
      store,
      clock: this.clock,
      defaults: { timeZone: "UTC" },
      jobOf: () => ({ overlap: "allow_all", acceptParams: (params) => params }),
      suspensionOf: () =>
        this.#missing ? { reason: "job_missing", cause: "skipped: its folder is gone" } : undefined,
      wake: () => undefined,
      trouble: (_schedule, error) => {
        throw error;
      },
    });
    this.controls = new Controls(this.schedules, this.clock);
    this.scopes = new ScopePauses(store, this.schedules.settler, this.clock, "UTC");
  }

  async begin(): Promise<void> {
    const fields = { cron: pick(this.random, CRONS), timeZone: pick(this.random, ZONES) };
    const schedule = await this.schedules.create({ source: "default", jobKey: "echo", fields }, "ana");
    this.#id = schedule.id;
    this.#calendars.push({ from: schedule.firedThrough, schedule });
  }

  async live(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      // Never at a whole second: an instant belongs to one side of a change and not to the other.
      const jump = this.random() < 0.8 ? whole(this.random, 1, 300) : whole(this.random, 300, 20_000);
      this.clock.at += jump * 1000;
      this.passed();
      if (this.random() < 0.6) await this.schedules.settleDue();
      if (this.random() < 0.3) await this.world.endRuns(this.#id);
      await this.#act();
    }
  }

  /** Everything in the end: each owed fire once, in a row of its revision, or in the suspension that is open. */
  async check(): Promise<{ fires: number; rows: number; ranges: number; open: number }> {
    this.#missing = false;
    await this.schedules.settler.suspended();
    await this.schedules.settleDue();
    const what = this.told.join("\n");
    const now = this.clock.at;
    const schedule = (await this.schedules.get(this.#id))!;
    const all = (await this.world.rowsOf(this.#id)).sort((a, b) => a.fireAt - b.fireAt);
    for (const row of all) this.#checkRevision(row, what);
    const rows = all.filter(({ reason }) => reason !== "dst_gap");
    const counts = rows.map(() => 0);
    let [fires, open, at] = [0, 0, 0];
    for (const fire of this.owed(now)) {
      fires++;
      while (at < rows.length && (rows[at]!.fireThrough ?? rows[at]!.fireAt) < fire) at++;
      const found = at < rows.length && rows[at]!.fireAt <= fire ? at : -1;
      const stretch = this.#suspended(fire);
      const text = () => `${new Date(fire).toISOString()} of ${this.#id}\n${what}`;
      if (found < 0) {
        const waits =
          fire > schedule.firedThrough && (schedule.suspended !== null || schedule.nextFireAt === null);
        if (!waits || stretch === undefined) expect.fail(`no row and no open suspension: ${text()}`);
        open++;
        continue;
      }
      counts[found]!++;
      const row = rows[found]!;
      if (stretch !== undefined && row.reason !== "asked") {
        if (row.ran) expect.fail(`it ran, and was suspended (${stretch}): ${text()}`);
        if (![...SUSPENDED, "job_missing"].includes(row.reason ?? ""))
          expect.fail(`${row.reason}: ${text()}`);
      } else if (stretch === undefined && SUSPENDED.includes(row.reason ?? "")) {
        expect.fail(`${row.reason}, and nothing suspended it: ${text()}`);
      }
    }
    rows.forEach((row, i) => {
      const text = `${JSON.stringify(row)} ${new Date(row.fireAt).toISOString()}\n${what}`;
      if (row.fireThrough === null) expect(counts[i], text).to.equal(1);
      else if (row.fireCount !== null) expect(counts[i], text).to.equal(row.fireCount);
      else expect(counts[i], text).to.be.above(800);
    });
    const ranges = rows.filter(({ fireThrough }) => fireThrough !== null).length;
    return { fires, rows: rows.length, ranges, open };
  }

  /** The fires that each revision owes of its own time. */
  owed(now: number): number[] {
    return this.#calendars.flatMap(({ from, schedule }, i) => {
      const { when, startAt, endAt } = schedule;
      const to = Math.min(this.#calendars[i + 1]?.from ?? now, endAt ?? Infinity);
      const after = Math.max(from, (startAt ?? 0) - 1);
      return after < to ? calendarOf(when).between(after, to, Infinity) : [];
    });
  }

  #checkRevision(row: StoryRow, what: string): void {
    const text = `S2: ${JSON.stringify(row)}\n${what}`;
    const at = this.#calendars.filter(({ schedule }) => schedule.revision <= row.revision).at(-1)!;
    const calendar = calendarOf(at.schedule.when);
    for (const fire of [row.fireAt, row.fireThrough ?? row.fireAt]) {
      if (row.reason === "dst_gap") expect(calendar.lostIn(fire - 1, fire), text).to.have.length(1);
      else expect(calendar.nextAfter(fire - 1), text).to.equal(fire);
    }
  }

  #suspended(fire: number): string | undefined {
    const over = this.#stretches.find(({ from, to }) => from < fire && fire <= to);
    if (over) return over.key;
    for (const [key, { from, until }] of this.#open) if (from < fire && fire < until) return key;
    return undefined;
  }

  #begins(key: string, until: number | null): void {
    const from = this.#open.get(key)?.from ?? this.clock.at;
    this.#open.set(key, { from, until: until ?? Infinity });
  }

  #ends(key: string): void {
    const open = this.#open.get(key);
    if (open) this.#stretches.push({ key, from: open.from, to: Math.min(this.clock.at, open.until - 1) });
    this.#open.delete(key);
  }

  passed(): void {
    for (const [key, { until }] of [...this.#open]) if (until <= this.clock.at) this.#ends(key);
  }

  #until(): number | null {
    if (this.random() < 0.4) return null;
    return Math.ceil(this.clock.at / 1000) * 1000 + whole(this.random, 1, 4000) * 1000;
  }

  async #edit(fields: object): Promise<void> {
    const before = this.#calendars.at(-1)!.schedule;
    const schedule = await this.schedules.patch(this.#id, fields, null, "ana");
    const moved = JSON.stringify([schedule.when, schedule.startAt, schedule.endAt]);
    if (moved !== JSON.stringify([before.when, before.startAt, before.endAt]))
      this.#calendars.push({ from: this.clock.at, schedule });
  }

  async #act(): Promise<void> {
    const { random, controls, scopes } = this;
    const id = this.#id;
    const act = whole(random, 0, 15);
    const until = this.#until();
    const fields = { until: until === null ? null : new Date(until).toISOString(), reason: "why" };
    const scope = pick(random, SCOPES);
    this.told.push(`${new Date(this.clock.at).toISOString()} ${act} until ${fields.until} ${scope.kind}`);
    switch (act) {
      case 0:
        return this.#edit({ cron: pick(random, CRONS) });
      case 1:
        return this.#edit({ timeZone: pick(random, ZONES), cron: pick(random, CRONS) });
      case 2:
        return this.#edit({ every: pick(random, ["10s", "7m", "1h"]) });
      case 3:
        return this.#edit({ catchUp: { policy: pick(random, ["skip", "latest", "all", "merge"]) } });
      case 4:
        return this.#edit({ name: `n${whole(random, 0, 3)}`, overlap: pick(random, ["skip", "allow_all"]) });
      case 5:
        this.#begins("disabled", null);
        return this.#edit({ enabled: false });
      case 6:
      case 7:
        await this.#edit({ enabled: true });
        return this.#ends("disabled");
      case 8:
        await controls.pause(id, fields, "ana");
        return this.#begins("paused", until);
      case 9:
        await controls.resume(id, null, "ana");
        return this.#ends("paused");
      case 10:
        await scopes.pause(scope, fields, "ana");
        return this.#begins(scope.kind, until);
      case 11:
      case 12:
        await scopes.resume(scope, null, "ana");
        return this.#ends(scope.kind);
      case 13:
        await controls.skipNext(id, { count: whole(random, 0, 3) }, "ana");
        return;
      case 14:
        await controls.hold(id, { reason: "size is gone", errors: [] }, "service");
        return this.#begins("held", null);
      default:
        await controls.release(id, null, "service");
        this.#ends("held");
        this.#missing = random() < 0.3;
        await this.schedules.settler.suspended();
    }
  }
}
