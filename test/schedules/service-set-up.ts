// The service over schedules on the store for tests, with a clock that the test moves.
import { ExpectedError } from "../../src/errors.ts";
import { type ScheduledJob, Schedules } from "../../src/schedules/schedules.ts";
import { MemoryScheduleStore } from "../support/memory-schedule-store.ts";
import { at, brief } from "./make-schedule.ts";

export const day = (time: string) => at(`2027-01-10T${time}Z`);

export function setUp(job: Partial<ScheduledJob> = {}) {
  const store = new MemoryScheduleStore();
  const clock = { at: day("00:30:00"), now: () => clock.at };
  let wakes = 0;
  const troubles: string[] = [];
  const echo: ScheduledJob = {
    overlap: "skip",
    acceptParams: (params) => ({ ...params, checked: true }),
    ...job,
  };
  const jobs = new Map([["default:echo", echo]]);
  const schedules = new Schedules({
    store,
    clock,
    defaults: { timeZone: "Europe/Berlin" },
    jobOf: (source, key) => jobs.get(`${source}:${key}`),
    wake: () => void wakes++,
    trouble: (schedule) => troubles.push(schedule.id),
  });
  const create = (fields: object) =>
    schedules.create({ source: "default", jobKey: "echo", fields }, "token:ci");
  const rows = (id: string) => brief(store.rowsOf(id));
  return { store, clock, schedules, create, rows, jobs, troubles, wakes: () => wakes };
}

export async function refusal(work: Promise<unknown>): Promise<ExpectedError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ExpectedError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
