// What a run has been through, as the page draws it.
import { expect } from "chai";
import type { Attempt } from "../../ui/src/api/contract.ts";
import { phasesOf, placePhases } from "../../ui/src/screens/run/phases.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const attempt = (n: number, from: number, to: number | null, more: Partial<Attempt> = {}): Attempt => ({
  attempt: n,
  state: to === null ? "running" : "retrying",
  reason: to === null ? null : "error",
  cause: null,
  version: null,
  worker: null,
  startedAt: at(from),
  finishedAt: to === null ? null : at(to),
  durationMs: null,
  exitCode: null,
  signal: null,
  steps: [],
  groupEmptyAt: null,
  logLines: null,
  late: false,
  ...more,
});
const run = {
  state: "running",
  reason: null,
  queuedAt: at(0),
  availableAt: at(0),
  finishedAt: null,
} as const;

describe("the phases of a run", () => {
  it("are its waits and attempts in order, the last one open", () => {
    const phases = phasesOf({ ...run, attempts: [attempt(1, 2, 5), attempt(2, 15, null)] });
    expect(
      phases.map(({ name, says, from, to }) => [name, says, from / 1000, to === null ? null : to / 1000]),
    ).to.deep.equal([
      ["Queued", "", 0, 2],
      ["Attempt 1", "retrying: error", 2, 5],
      ["Wait before the next attempt", "", 5, 15],
      ["Attempt 2", "running", 15, null],
    ]);
  });

  it("end in a wait while it waits, also after it was given back", () => {
    const given = attempt(1, 2, 5, { state: "queued", reason: null });
    const names = phasesOf({ ...run, state: "queued", attempts: [given] }).map(
      ({ name, says }) => `${name} ${says}`,
    );
    expect(names).to.deep.equal(["Queued ", "Attempt 1 given back", "Queued again goes on"]);
    expect(phasesOf({ ...run, state: "cancelled", finishedAt: at(9) })[0]).to.include({
      name: "Queued",
      to: 9_000,
    });
    expect(phasesOf({ ...run, state: "skipped", finishedAt: at(0) })).to.deep.equal([]);
  });

  it("are laid out to scale, and a short one can still be seen", () => {
    const placed = placePhases(
      phasesOf({ ...run, attempts: [attempt(1, 0, 0.001), attempt(2, 50, null)] }),
      100_000,
    );
    expect(placed.map(({ start, width }) => [Math.round(start), Math.round(width * 10) / 10])).to.deep.equal([
      [0, 0.6],
      [0, 50],
      [50, 50],
    ]);
    for (const { start, width } of placed) expect(start + width).to.be.at.most(100);
  });
});
