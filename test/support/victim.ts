// Somebody else's schedule, every two seconds, while a test does something to a service: its runs have to be on time.
import { expect } from "chai";
import { Machine, stretch } from "./clock/machine.ts";
import { eventually } from "./eventually.ts";
import type { Json, Service } from "./service.ts";

/** Enough for six minutes; a longer test is judged by its end. */
const READ = 200;
const LATE_MS = 1_000;
const EVERY_S = 2;

export class Victim {
  private readonly machine = new Machine();

  private constructor(
    private readonly service: Service,
    private readonly schedule: string,
  ) {}

  /** `address` is a job that needs no params and that nobody touches. */
  static async of(service: Service, address: string, params: Json = {}): Promise<Victim> {
    const { json, status, text } = await service.call("POST", "/schedules", {
      job: address,
      every: `${EVERY_S}s`,
      params,
    });
    expect(status, text).to.equal(201);
    const victim = new Victim(service, json.id);
    victim.machine.start();
    return victim;
  }

  /**
   * Each fire up to now has its row, all ran, and started within a second, or so much later as the machine was slower. One,
   * or one in ten, may not have: the cores are shared with other test files (measured: 7 of 60 once a second, at a load of
   * 12 on two cores). To be asked once, at the end.
   */
  async wasOnTime(): Promise<void> {
    this.machine.stop();
    // A quick machine may be done with the tests before them within two fires.
    const fires = await eventually(
      async () => {
        const past = await this.fires(Date.now() - 2_000);
        return past.length >= 2 ? past : null;
      },
      10_000,
      250,
    );
    const instants = fires.map((run) => Date.parse(run.fireAt));
    const owed = (Math.max(...instants) - Math.min(...instants)) / 1_000 / EVERY_S + 1;
    expect(fires.length, `rows for ${owed} fires`).to.equal(owed);
    const told = (run: Json) => `${run.fireAt} ${run.state} ${run.reason ?? ""} ${run.startDelayMs} ms`;
    const allowed = (run: Json) => {
      const dueAt = Date.parse(run.fireAt);
      return LATE_MS * stretch(this.machine.efforts, dueAt, dueAt + (run.startDelayMs ?? 0));
    };
    const late = fires.filter((run) => run.state !== "succeeded" || run.startDelayMs >= allowed(run));
    const wrong = late.filter((run) => run.state !== "succeeded" && run.reason !== "overlap");
    expect(wrong.map(told)).to.deep.equal([]);
    expect(late.length, late.map(told).join(", ")).to.be.at.most(Math.max(1, Math.floor(fires.length / 10)));
  }

  private async fires(until: number): Promise<Json[]> {
    const { json } = await this.service.get(`/runs?schedule=${this.schedule}&limit=${READ}`);
    return json.data.filter((run: Json) => Date.parse(run.fireAt) <= until);
  }
}
