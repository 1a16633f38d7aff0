import { expect } from "chai";
import { changesOf, type Seen, type SeenRun } from "../../src/runs/seen-runs.ts";

const run = (id: string, state: SeenRun["state"], attempt = 0): SeenRun => ({
  id,
  source: "default",
  jobKey: "job",
  state,
  attempt,
});
const seen = (...runs: SeenRun[]): Seen => new Map(runs.map((one) => [one.id, one]));
const ids = (runs: readonly SeenRun[]) => runs.map(({ id }) => id);

describe("what became of runs between two looks", () => {
  for (const [name, before, now, changed, gone] of [
    ["nothing", seen(run("a", "running", 1)), seen(run("a", "running", 1)), [], []],
    ["a new one", seen(), seen(run("a", "queued")), ["a"], []],
    ["one that began", seen(run("a", "queued")), seen(run("a", "running", 1)), ["a"], []],
    ["its next attempt", seen(run("a", "running", 1)), seen(run("a", "running", 2)), ["a"], []],
    ["one that is not open any more", seen(run("a", "running", 1)), seen(), [], ["a"]],
    ["one that was skipped", seen(), seen(run("a", "skipped")), ["a"], []],
    ["an old end that is looked at no more", seen(run("a", "succeeded", 1)), seen(), [], []],
  ] as const)
    it(name, () => {
      const changes = changesOf(before, now);
      expect([ids(changes.changed), ids(changes.gone)]).to.deep.equal([changed, gone]);
    });
});
