// One attempt: what the job finds on `this` and when, what becomes of what it returns or throws.
import { expect } from "chai";
import { checkSchema } from "../../src/json-schema.ts";
import { constructJob, runAttempt } from "../../src/sdk/attempt.ts";
import { defineJob, PermanentError } from "../../src/sdk/index.ts";
import { TOOL_NAMES } from "../../src/sdk/tools.ts";
import { listeningContext, untypedJob } from "./listening-context.ts";

/** What awaiting throws, whatever it is. */
async function thrownBy(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("constructJob", () => {
  it("has everything on `this` before the job's own fields are set", () => {
    class Job extends defineJob({ name: "x", requiredParams: { size: { type: "integer" } } }) {
      readonly seen = TOOL_NAMES.map((name) => this[name]);
      readonly half = this.params.size / 2;
      execute(): void {}
    }
    const context = listeningContext({ params: { size: 10 } });
    const job = constructJob(Job, context) as unknown as Job;
    expect(job.half).to.equal(5);
    expect(job.seen).not.to.include(undefined);
    expect(job.signal).to.equal(context.signal);
    expect(job.run.id).to.equal("run_1");
    expect([job.tempDir, job.dataDir, job.file("a.csv")]).to.deep.equal([
      "/tmp/attempt",
      "/data/source",
      "/files/a.csv",
    ]);
  });

  it("file() throws what the context says of a missing file", () => {
    class Job extends defineJob({ name: "x" }) {
      execute(): void {}
    }
    const filePath = (name: string): string => {
      throw new PermanentError(`there is no file ${name}`);
    };
    const job = constructJob(Job, listeningContext({ filePath })) as unknown as Job;
    expect(() => job.file("nope.csv")).to.throw(PermanentError, "nope.csv");
  });

  it("makes a new object for each attempt", () => {
    class Job extends defineJob({ name: "x" }) {
      execute(): void {}
    }
    const first = constructJob(Job, listeningContext({ tempDir: "/1" })) as unknown as Job;
    const second = constructJob(Job, listeningContext({ tempDir: "/2" })) as unknown as Job;
    expect([first.tempDir, second.tempDir]).to.deep.equal(["/1", "/2"]);
  });

  it("refuses `new Job()` outside with a sentence that says what to do", () => {
    class Job extends defineJob({ name: "x" }) {
      execute(): void {}
    }
    expect(() => new Job()).to.throw(Error, /constructed by Jobmount alone.*Move what you need/);
  });

  it("refuses a second job made inside the first, and the first one keeps its own context", () => {
    class Other extends defineJob({ name: "other" }) {
      execute(): void {}
    }
    const made: unknown[] = [];
    class Job extends defineJob({ name: "x" }) {
      constructor() {
        try {
          new Other();
        } catch (error) {
          made.push(error);
        }
        super();
        try {
          new Job();
        } catch (error) {
          made.push(error);
        }
      }
      execute(): void {}
    }
    const job = constructJob(Job, listeningContext({ tempDir: "/mine" })) as unknown as Job;
    // The inner `new Job()` runs into its own `new Other()` first.
    expect(made).to.have.length(3);
    expect(job.tempDir).to.equal("/mine");
  });

  it("forgets the context when the job's own constructor throws", () => {
    class Job extends defineJob({ name: "x" }) {
      constructor() {
        if (context.tempDir === "/never") super();
        else throw new RangeError("mine");
      }
      execute(): void {}
    }
    const context = listeningContext();
    expect(() => constructJob(Job, context)).to.throw(RangeError, "mine");
    expect(() => new Job()).to.throw(RangeError, "mine");
    context.tempDir = "/never";
    expect(() => new Job()).to.throw(/constructed by Jobmount alone/);
  });

  for (const wrong of [null, undefined, {}, () => 1, class {}, class Job {}, "Job", defineJob]) {
    it(`refuses ${typeof wrong === "function" ? "a function that defineJob did not make" : String(wrong)}`, () => {
      expect(() => constructJob(wrong, listeningContext())).to.throw(TypeError, /defineJob/);
    });
  }

  for (const name of TOOL_NAMES) {
    it(`a field named ${name} fails with a sentence about that name, and assigning does too`, () => {
      const fields = new Function("Base", `return class Job extends Base { ${name} = 1; execute() {} }`) as (
        base: unknown,
      ) => unknown;
      expect(() => constructJob(fields(untypedJob({ name: "x" })), listeningContext())).to.throw(
        TypeError,
        new RegExp(`the field "${name}" of the Job class has the name of something every job has`),
      );
      const assigns = new Function(
        "Base",
        `return class Job extends Base { constructor() { super(); this.${name} = 1; } execute() {} }`,
      ) as (base: unknown) => unknown;
      expect(() => constructJob(assigns(untypedJob({ name: "x" })), listeningContext())).to.throw(
        TypeError,
        new RegExp(`"${name}"`),
      );
    });
  }

  it("the tools themselves cannot be patched for the next attempt", () => {
    class Job extends defineJob({ name: "x" }) {
      execute(): void {}
    }
    const job = constructJob(Job, listeningContext()) as unknown as Job;
    for (const tool of [job.records, job.log, job.state]) expect(Object.isFrozen(tool)).to.equal(true);
  });
});

describe("runAttempt", () => {
  const base = defineJob({ name: "x" });

  it("settles a job without async, one with it, and one that returns a thenable", async () => {
    class Sync extends base {
      execute(): object {
        return { processed: 1, success: 1, a: 1 };
      }
    }
    class Async extends base {
      async execute(): Promise<object> {
        await Promise.resolve();
        return { processed: 1, success: 1, a: 1 };
      }
    }
    for (const Job of [Sync, Async]) {
      expect(await runAttempt(Job, listeningContext())).to.deep.equal({
        ok: true,
        counts: { processed: 1, success: 1, failed: 0, skipped: 0 },
        details: { a: 1 },
      });
    }
  });

  it("X4: a job that returns nothing has a result", async () => {
    class Job extends base {
      execute(): void {
        this.records.success(2);
        this.records.failed("k", "r");
      }
    }
    expect(await runAttempt(Job, listeningContext())).to.deep.equal({
      ok: true,
      counts: { processed: 3, success: 2, failed: 1, skipped: 0 },
      details: null,
    });
  });

  it("X6: a result that breaks the contract is a value, not an exception", async () => {
    class Job extends base {
      execute(): object {
        this.records.success();
        return { processed: 5 };
      }
    }
    expect(await runAttempt(Job, listeningContext())).to.include({ ok: false, pointer: "/processed" });
  });

  it("holds the details against resultSchema", async () => {
    const resultSchema = Object.freeze({ type: "object", required: ["rows"] });
    class Job extends defineJob({ name: "x", resultSchema }) {
      execute(): object {
        return { row: 1 };
      }
    }
    expect(await runAttempt(Job, listeningContext(), { checkSchema })).to.include({ ok: false, pointer: "" });
    expect(await runAttempt(Job, listeningContext())).to.include({ ok: true });
  });

  for (const thrown of [new Error("e"), "text", null, undefined, 5, Object.freeze({})]) {
    it(`throws ${String(thrown)} through, thrown at once or later`, async () => {
      class Sync extends base {
        execute(): void {
          throw thrown;
        }
      }
      class Async extends base {
        async execute(): Promise<void> {
          await Promise.resolve();
          throw thrown;
        }
      }
      expect(await thrownBy(() => runAttempt(Sync, listeningContext()))).to.equal(thrown);
      expect(await thrownBy(() => runAttempt(Async, listeningContext()))).to.equal(thrown);
    });
  }

  it("X11: once settled the job is mute: no line, count, progress or state of it goes anywhere", async () => {
    let later = (): void => {};
    class Job extends base {
      execute(): void {
        later = () => {
          this.log.info("late");
          this.records.success();
          this.progress(50);
          this.state.set("k", 1);
        };
      }
    }
    const context = listeningContext();
    await runAttempt(Job, context);
    later();
    expect(context.events).to.deep.equal([]);

    class Failing extends base {
      execute(): void {
        later = () => this.log.info("late");
        throw new Error("now");
      }
    }
    await thrownBy(() => runAttempt(Failing, context));
    later();
    expect(context.events).to.deep.equal([]);
  });

  it("runs a class that another copy of the module made", async () => {
    const otherUrl = new URL("../../src/sdk/job.ts?copy", import.meta.url).href;
    const other = (await import(otherUrl)) as typeof import("../../src/sdk/job.ts");
    expect(other.defineJob).not.to.equal(defineJob);
    class Job extends other.defineJob({ name: "copy" }) {
      execute(): object {
        this.records.success();
        return { where: this.tempDir };
      }
    }
    expect(await runAttempt(Job, listeningContext())).to.deep.equal({
      ok: true,
      counts: { processed: 1, success: 1, failed: 0, skipped: 0 },
      details: { where: "/tmp/attempt" },
    });
  });
});
