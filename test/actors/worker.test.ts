// The worker and the attempts that it holds, on a store whose answers the test gives.
import { expect } from "chai";
import type { AttemptDeps, RunnableVersion } from "../../src/actors/attempt-deps.ts";
import { Worker } from "../../src/actors/worker.ts";
import { silentLogger } from "../../src/log.ts";
import { Followers } from "../../src/runs/followers.ts";
import type { Output } from "../../src/runs/output.ts";
import type {
  ClaimAnswer,
  ClaimedRun,
  Finish,
  FinishAnswer,
  RunStore,
  Telling,
} from "../../src/runs/store.ts";
import type { Wake } from "../../src/wake/wake.ts";
import { eventually } from "../support/eventually.ts";
import { jobSpec } from "../support/spec.ts";

const claimedRun = (attempt: number, id = "run_1"): ClaimedRun => ({
  id,
  source: "default",
  jobKey: "job",
  scheduleId: null,
  trigger: "api",
  fireAt: null,
  attempt,
  triesUsed: attempt - 1,
  maxAttempts: 3,
  version: "v1",
  params: {},
  overrides: {},
  availableAt: 1,
  startedAt: 1,
  logFrom: 1,
  logBytes: 0,
  droppedBytes: 0,
  priority: 0,
  heldSlot: false,
  hasState: false,
});

describe("the worker", () => {
  let worker: Worker;
  let claim: (answer: ClaimAnswer) => void;
  let beats: string[];
  /** One for each attempt that has begun: it ends when this is called. */
  let end: (() => void)[];
  let begin: (() => void)[];
  let outputs: Map<string, Output>;
  let finished: number[];
  let tell: (telling: Telling) => Promise<void>;
  let answer: (finish: Finish) => Promise<FinishAnswer>;

  beforeEach(async () => {
    [beats, begin, end, finished, outputs] = [[], [], [], [], new Map()];
    tell = () => Promise.resolve();
    answer = () => Promise.resolve("late");
    const store = {
      onClaim: (_ask: unknown, claimed: typeof claim) => (claim = claimed),
      onInsert: () => undefined,
      claimSoon: () => undefined,
      hasClaimable: () => Promise.resolve(false),
      tell: (telling: Telling) => tell(telling),
      cancelRequested: () => Promise.resolve([]),
      beat: (_owner: string, runs: { attempt: number }[]) => {
        beats.push(runs.map((run) => run.attempt).join());
        return Promise.resolve([]);
      },
    };
    const attempts = {
      pool: {
        warmVersions: () => new Set(),
        run: (_version: string, { run }: { run: { id: string } }, _limits: unknown, output: Output) => {
          outputs.set(run.id, output);
          const ended = new Promise((_, reject) => end.push(() => reject(new Error("ended by the test"))));
          return { ended, abort: () => undefined };
        },
      },
      versionOf: () =>
        new Promise<RunnableVersion>((resolve, reject) => {
          begin.push(() => resolve({ hash: "v1", spec: jobSpec() } as RunnableVersion));
          end.push(() => reject(new Error("ended by the test")));
        }),
      readParams: () => ({ ok: true, values: {}, secrets: [] }),
      envFor: () => ({}),
      dataDirOf: () => "",
      now: () => 1,
      random: () => 0,
      owner: "me",
      limits: { logBytes: 1_000_000, failedRecords: 10, defaulted: new Set() },
    };
    worker = new Worker({
      store: store as unknown as RunStore,
      followers: new Followers(),
      attempts: attempts as unknown as AttemptDeps,
      slots: { total: 4, perSource: null },
      sources: () => ["default"],
      wake: { wakeAt: () => undefined } as unknown as Wake,
      log: silentLogger,
      pollMs: 60_000,
      tellMs: 5,
      heartbeatMs: 5,
      drainMs: 2_000,
      finish: (finish) => (finished.push(finish.attempt), answer(finish)),
      onFinished: () => undefined,
    });
    await worker.start();
  });
  afterEach(async () => {
    const stopped = worker.stop();
    for (const one of end) one();
    await stopped;
  });

  const claimAttempt = (attempt: number) => claim({ claimed: [claimedRun(attempt)], exhausted: [] });
  const holds = (attempt: number) => worker.holds({ id: "run_1", attempt });
  const beaten = async () => {
    const from = beats.length;
    await eventually(() => beats.length > from + 1);
    return beats.at(-1);
  };

  it("X8: a run that was given up for lost and comes back here begins anew when its old attempt is over", async () => {
    claimAttempt(1);
    claimAttempt(2);
    expect(await beaten()).to.equal("2");
    expect([holds(1), holds(2)]).to.deep.equal([false, true]);
    expect(end, "attempts that began").to.have.length(1);
    end[0]!();
    await eventually(() => finished.includes(1));
    await eventually(() => end.length === 2);
    expect(await beaten()).to.equal("2");
    expect(holds(2)).to.equal(true);
    end[1]!();
    await eventually(() => finished.includes(2) && !holds(2));
    expect(await beaten()).to.equal("");
  });

  it("a retry that was claimed in the commit of its attempt's end is held and beaten like any other", async () => {
    answer = async ({ attempt }) => {
      if (attempt === 1) claimAttempt(2);
      return "done";
    };
    claimAttempt(1);
    end[0]!();
    await eventually(() => end.length === 2);
    expect(await beaten()).to.equal("2");
    expect(holds(2)).to.equal(true);
  });

  it("L2: what one attempt tells waits for no other, neither for one that fails nor for one that takes long", async () => {
    const told: string[] = [];
    tell = ({ runId }) => {
      if (runId === "run_1") return Promise.reject(new Error("refused"));
      if (runId === "run_2") return new Promise(() => undefined);
      told.push(runId);
      return Promise.resolve();
    };
    const ids = ["run_1", "run_2", "run_3"];
    claim({ claimed: ids.map((id) => claimedRun(1, id)), exhausted: [] });
    for (const one of begin) one();
    await eventually(() => outputs.size === 3);
    const say = (text: string) => {
      for (const output of outputs.values()) output.lines([{ time: 1, level: "info", stream: "log", text }]);
    };
    say("a");
    await eventually(() => told.length === 1);
    say("b");
    await eventually(() => told.length === 2);
  });
});
