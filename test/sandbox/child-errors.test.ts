// What a job threw, in words: the place is the job's own, whatever threw below it.
import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { toldError } from "../../src/sandbox/child-errors.ts";

const BUNDLE = "/versions/ab/job.mjs";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function thrown(frames: readonly string[], cause?: unknown): Error {
  const error = new Error("bad", { cause });
  error.stack = ["Error: bad", ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return error;
}

describe("a thrown error, told", () => {
  const rows: [string, readonly string[], string | null][] = [
    ["in the job", ["Job.execute (/versions/ab/sync/job.ts:7:3)"], "sync/job.ts:7"],
    [
      "in what the engine brings",
      ["JSON.parse (<anonymous>)", "Job.execute (/versions/ab/sync/job.ts:7:3)"],
      "sync/job.ts:7",
    ],
    [
      "in a helper",
      ["fail (/versions/ab/_lib/rows.ts:4:9)", "Job.execute (/versions/ab/sync/job.ts:7:3)"],
      "_lib/rows.ts:4",
    ],
    [
      "in a package, bundled or not",
      [
        "go (/versions/ab/sync/node_modules/lib/i.js:1:2)",
        "run (/opt/deps/node_modules/other/j.js:1:2)",
        "async Job.execute (/versions/ab/sync/job.ts:9:5)",
      ],
      "sync/job.ts:9",
    ],
    [
      "in a package alone",
      ["go (/versions/ab/sync/node_modules/lib/i.js:1:2)"],
      "sync/node_modules/lib/i.js:1",
    ],
    [
      "in a folder of its own that is called as one of ours",
      ["get (/versions/ab/sync/src/sdk/client.ts:4:9)", "Job.execute (/versions/ab/sync/job.ts:7:3)"],
      "sync/src/sdk/client.ts:4",
    ],
    [
      "in one of another build",
      [
        "file:///versions/ab/dist/src/sandbox/page.js:5:1",
        "async Job.execute (/versions/ab/sync/job.ts:7:3)",
      ],
      "dist/src/sandbox/page.js:5",
    ],
    ["in a file with a blank in its name", ["/versions/ab/sync/my rows.ts:3:1"], "sync/my rows.ts:3"],
    ["in Node alone", ["node:internal/process/task_queues:95:5"], null],
    ["nowhere", [], null],
  ];
  for (const [what, frames, place] of rows) {
    it(what, () => {
      const { file, line, stack } = toldError(thrown(frames), BUNDLE);
      expect(file === null ? null : `${file}:${line}`).to.equal(place);
      expect(stack).not.to.include("/versions");
      expect(stack).not.to.include("node:internal");
    });
  }

  it("our own frames are folded", () => {
    const frames = [
      "Job.execute (/versions/ab/sync/job.ts:7:3)",
      `runAttempt (${ROOT}dist/src/sdk/attempt.js:33:40)`,
      `settle (file://${ROOT}src/sandbox/child.ts:90:30)`,
      `async file://${ROOT}dist/src/sandbox/child.js:95:3`,
      "async node:internal/modules/esm/loader:1:2",
    ];
    expect(toldError(thrown(frames), BUNDLE).stack).to.equal(
      "Error: bad\n    at Job.execute (sync/job.ts:7:3)",
    );
  });

  it("what caused it is told below it, and no circle of causes holds anybody up", () => {
    const first = thrown(["read (/versions/ab/sync/rows.ts:2:1)"]);
    const told = toldError(thrown(["Job.execute (/versions/ab/sync/job.ts:7:3)"], first), BUNDLE);
    expect(told).to.include({ file: "sync/job.ts", line: 7 });
    expect(told.stack).to.include("\ncaused by Error: bad\n    at read (sync/rows.ts:2:1)");
    const circle = thrown([]);
    circle.cause = circle;
    expect(toldError(circle, BUNDLE).stack!.match(/caused by/g)).to.have.length(3);
    expect(toldError(thrown([], "the disk is full"), BUNDLE).stack).to.include("caused by the disk is full");
  });
});
