// What the tests of explanations share: the real services over one store, on a clock that the test moves.
import { expect } from "chai";
import { DbScheduleHistory } from "../../src/db/schedule-history.ts";
import { DbUpTimeStore } from "../../src/db/up-time-store.ts";
import { Controls } from "../../src/schedules/controls.ts";
import { Explainer } from "../../src/schedules/explainer.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import type { Unavailable } from "../../src/schedules/suspension.ts";
import type { ScheduleRig } from "./schedule-rig.ts";

const instant = (time: string) => Date.parse(time.includes("T") ? time : `2027-01-10T${time}Z`);

export class ExplainRig {
  readonly clock = { at: instant("00:30:00"), now: () => this.clock.at };
  readonly schedules: Schedules;
  readonly controls: Controls;
  readonly scopes: ScopePauses;
  readonly explainer: Explainer;
  readonly upTimes: DbUpTimeStore;
  unavailable: Unavailable | undefined;

  constructor({ store, database }: ScheduleRig) {
    const { clock } = this;
    const suspensionOf = () => this.unavailable;
    this.schedules = new Schedules({
      store,
      clock,
      defaults: { timeZone: "UTC" },
      jobOf: () => ({ overlap: "skip", acceptParams: (params) => params }),
      suspensionOf,
      wake: () => undefined,
    });
    this.controls = new Controls(this.schedules, clock);
    this.scopes = new ScopePauses(store, this.schedules.settler, clock, "UTC");
    this.upTimes = new DbUpTimeStore(database);
    this.explainer = new Explainer({
      history: new DbScheduleHistory(database),
      upTimes: this.upTimes,
      scheduleOf: (id) => this.schedules.get(id),
      suspensionOf,
      now: clock.now,
    });
  }

  create(fields: object) {
    const request = { source: "default", jobKey: "billing/sync", fields: { name: "Nightly", ...fields } };
    return this.schedules.create(request, "token:ana");
  }

  /** Settles at a time of 2027-01-10, or at an instant. */
  async settle(time: string): Promise<void> {
    this.clock.at = instant(time);
    await this.schedules.settleDue();
  }

  async told(id: string, asked: string) {
    const { explanation, lines } = await this.explainer.explain(id, asked);
    expect(lines).to.have.length(3);
    for (const line of lines)
      expect(line).to.not.include("\n").and.not.include("undefined").and.not.equal("");
    return { ...explanation, subject: lines[0], answer: lines[1], behind: lines[2] };
  }
}
