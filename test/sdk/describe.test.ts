// From a module's exports to a job spec, or to every mistake by name.
import { expect } from "chai";
import type { SpecProblem } from "../../src/sdk/context.ts";
import { checkSchema } from "../../src/json-schema.ts";
import { describeModule } from "../../src/sdk/describe.ts";
import { defineJob } from "../../src/sdk/index.ts";
import type { JobSpec } from "../../src/sdk/spec.ts";
import { specOf, untypedJob } from "./listening-context.ts";

function problemsOf(moduleNamespace: unknown): SpecProblem[] {
  const described = describeModule(moduleNamespace, { checkSchema });
  return "problems" in described ? described.problems : [];
}

function problemsOfDefinition(definition: unknown): SpecProblem[] {
  class Job extends untypedJob(definition) {
    execute(): void {}
  }
  return problemsOf({ Job });
}

describe("describeModule: the spec", () => {
  it("of the smallest job has every default", () => {
    expect(specOf({ name: "Smallest" })).to.deep.equal({
      name: "Smallest",
      description: null,
      version: null,
      tags: [],
      requiredParams: {},
      optionalParams: {},
      paramGroups: [],
      resultSchema: null,
      timeoutMs: 3_600_000,
      timeoutDeclared: false,
      retries: { attempts: 1, backoffMs: 10_000, factor: 1, maxMs: 3_600_000 },
      concurrency: null,
      overlap: "skip",
      isolation: "reuse",
      memoryBytes: null,
      maxFailedShare: 1,
      env: [],
      files: [],
      stateScope: "job",
      onShutdown: "requeue",
      schedules: [],
    } satisfies JobSpec);
  });

  it("of a job with every field has them in our units", () => {
    const spec = specOf({
      name: "Full",
      description: "d",
      version: "1.2.0",
      tags: ["a", "b", "a"],
      requiredParams: { token: { type: "password", label: "Bot token" } },
      optionalParams: {
        size: { type: "integer", default: 100, min: 1, max: 1000, step: 1, example: 5, placeholder: "100" },
        at: { type: "datetime", default: "2026-01-01T01:00:00+01:00" },
        rows: { type: "json", default: { a: [1] }, schema: { type: "object" } },
      },
      paramGroups: [{ params: ["size", "at"], max: 1, message: "one" }],
      resultSchema: { type: "object" },
      timeout: "10m",
      retries: { attempts: 3, backoff: "30s", factor: 2, max: "10m" },
      concurrency: 2,
      overlap: "buffer_one",
      isolation: "fresh",
      memory: "256MiB",
      maxFailedShare: 0.1,
      env: ["HOME"],
      files: ["data/*.csv"],
      stateScope: "schedule",
      onShutdown: "cancel",
      schedules: [
        { cron: " 0 2 * * * ", timeZone: "Europe/Berlin", params: { size: 5 } },
        { every: "15m", name: "n" },
      ],
    });
    expect(spec).to.deep.equal({
      name: "Full",
      description: "d",
      version: "1.2.0",
      tags: ["a", "b"],
      requiredParams: { token: { type: "password", label: "Bot token", secret: true } },
      optionalParams: {
        size: { type: "integer", default: 100, min: 1, max: 1000, step: 1, example: 5, placeholder: "100" },
        at: { type: "datetime", default: "2026-01-01T00:00:00Z" },
        rows: { type: "json", default: { a: [1] }, schema: { type: "object" }, maxBytes: 262_144 },
      },
      paramGroups: [{ params: ["size", "at"], max: 1, message: "one" }],
      resultSchema: { type: "object" },
      timeoutMs: 600_000,
      timeoutDeclared: true,
      retries: { attempts: 3, backoffMs: 30_000, factor: 2, maxMs: 600_000 },
      concurrency: 2,
      overlap: "buffer_one",
      isolation: "fresh",
      memoryBytes: 268_435_456,
      maxFailedShare: 0.1,
      env: ["HOME"],
      files: ["data/*.csv"],
      stateScope: "schedule",
      onShutdown: "cancel",
      schedules: [
        { cron: "0 2 * * *", timeZone: "Europe/Berlin", params: { size: 5 } },
        { every: "15m", name: "n" },
      ],
    } satisfies JobSpec);
    expect(JSON.parse(JSON.stringify(spec)), "it travels as JSON").to.deep.equal(spec);
  });

  it("is a copy: a definition that changes later changes nothing", () => {
    const definition = { name: "x", tags: ["a"] };
    class Job extends defineJob(definition) {
      execute(): void {}
    }
    const described = describeModule({ Job });
    definition.tags.push("b");
    expect(described).to.have.deep.nested.property("spec.tags", ["a"]);
  });

  it("reads frozen definitions, definitions without prototype and such with getters", () => {
    const bare = Object.assign(Object.create(null) as object, { name: "bare" });
    expect(problemsOfDefinition(Object.freeze(bare))).to.deep.equal([]);
    expect(
      problemsOfDefinition({
        get name() {
          return "got";
        },
      }),
    ).to.deep.equal([]);
    expect(problemsOfDefinition(new Proxy({ name: "proxied" }, {}))).to.deep.equal([]);
  });

  it("never constructs the job", () => {
    class Job extends defineJob({ name: "x" }) {
      static made = 0;
      constructor() {
        Job.made += 1;
        super();
      }
      execute(): void {}
    }
    expect(describeModule({ Job })).to.have.property("spec");
    expect(Job.made).to.equal(0);
  });
});

describe("describeModule: what is exported", () => {
  class Job extends defineJob({ name: "x" }) {
    execute(): void {}
  }
  class Second extends defineJob({ name: "y" }) {
    execute(): void {}
  }
  class Execut extends untypedJob({ name: "x" }) {
    execut() {}
  }
  class Performs extends untypedJob({ name: "x" }) {
    helper() {}
    perform() {}
  }
  class NoExecute extends untypedJob({ name: "x" }) {}
  class FieldExecute extends untypedJob({ name: "x" }) {
    execute = (): void => {};
  }
  class Generating extends untypedJob({ name: "x" }) {
    *execute(): Generator<number> {
      yield 1;
    }
  }
  class AsyncGenerating extends untypedJob({ name: "x" }) {
    async *execute(): AsyncGenerator<number> {
      yield 1;
    }
  }
  class NotAMethod extends untypedJob({ name: "x" }) {}
  Object.defineProperty(NotAMethod.prototype, "execute", { value: 5 });
  class Clash extends untypedJob({ name: "x" }) {
    execute(): void {}
    get state(): number {
      return 1;
    }
    file(): void {}
  }
  class BaseClash extends untypedJob({ name: "x" }) {
    run(): void {}
  }
  class Derived extends BaseClash {
    execute(): void {}
  }

  const good: [string, unknown][] = [
    ["Job", { Job }],
    ["Job and the same class as default", { Job, default: Job }],
    ["Job and the class it extends", { Job: class extends Second {}, Second }],
    ["Job and other things", { Job, helper: () => 1, LIMIT: 5, nothing: null }],
    ["a namespace without prototype", Object.assign(Object.create(null) as object, { Job })],
  ];
  for (const [title, moduleNamespace] of good) {
    it(`takes ${title}`, () => expect(problemsOf(moduleNamespace)).to.deep.equal([]));
  }

  const rows: [title: string, moduleNamespace: unknown, codes: string[], says: RegExp][] = [
    ["nothing", {}, ["E001"], /exports nothing/],
    ["no namespace", undefined, ["E001"], /exports nothing/],
    ["a number", 5, ["E001"], /exports nothing/],
    ["job in small letters", { job: class {} }, ["E001"], /exports job, but no Job.*job is another name/],
    ["a job under another name", { Sync: Job }, ["E001"], /export { Sync as Job }/],
    ["the default export only", { default: Job }, ["E003"], /default export.*export class Job/],
    ["Job that is undefined", { Job: undefined }, ["E002"], /is nothing/],
    ["Job that is null", { Job: null }, ["E002"], /is null/],
    ["Job that is a plain class", { Job: class {} }, ["E002"], /does not extend defineJob/],
    ["Job that is a function", { Job: () => 1 }, ["E002"], /does not extend defineJob/],
    ["Job that is a definition", { Job: { name: "x" } }, ["E002"], /is an object/],
    ["two jobs", { Job, Second }, ["E004"], /second job, "Second"/],
    ["a second job as default", { Job, default: Second }, ["E004"], /"default"/],
    ["a subclass of Job beside it", { Job, Extra: class extends Job {} }, ["E004"], /"Extra"/],
    ["no execute", { Job: NoExecute }, ["E005"], /no execute method.*not as a field/],
    ["defineJob itself", { Job: untypedJob({ name: "x" }) }, ["E005"], /no execute/],
    ["a slip of execute", { Job: Execut }, ["E005"], /it has execut; did you mean execute\?/],
    ["another name for execute", { Job: Performs }, ["E005"], /it has perform; did you mean execute\?/],
    ["execute as a field", { Job: FieldExecute }, ["E005"], /no execute method.*not as a field/],
    ["execute as a generator", { Job: Generating }, ["E005"], /generator/],
    ["execute as an async generator", { Job: AsyncGenerating }, ["E005"], /generator/],
    ["execute that is a number", { Job: NotAMethod }, ["E005"], /execute is a number/],
    ["members with the names of tools", { Job: Clash }, ["E006", "E006"], /"state".*"file"/],
    ["such a member in a class between", { Job: Derived }, ["E006"], /"run"/],
  ];
  for (const [title, moduleNamespace, codes, says] of rows) {
    it(`${codes.join(", ")}: ${title}`, () => {
      const problems = problemsOf(moduleNamespace);
      expect(problems.map(({ code }) => code)).to.deep.equal(codes);
      expect(problems.map(({ message, hint }) => `${message} ${hint}`).join(" ")).to.match(says);
    });
  }

  it("tells class and definition mistakes together", () => {
    class Both extends untypedJob({ name: 5 }) {}
    expect(problemsOf({ Job: Both }).map(({ code }) => code)).to.deep.equal(["E005", "E009"]);
  });

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const trap = (): never => {
    throw new Error("trap");
  };
  const traps = { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap };
  const hostile: [string, unknown][] = [
    ["a revoked proxy as module", revoked.proxy],
    ["a module whose traps throw", new Proxy({}, traps)],
    ["a Job whose getter throws", Object.defineProperty({}, "Job", { enumerable: true, get: trap })],
    ["a Job that is a trapped class", { Job: new Proxy(Job, traps) }],
    ["a Job that is a revoked proxy", { Job: Proxy.revocable(Job, {}).proxy, other: revoked.proxy }],
    [
      "a Job whose prototype throws",
      {
        Job: new Proxy(Job, {
          get: (target, key) => (key === "prototype" ? trap() : (Reflect.get(target, key) as unknown)),
        }),
      },
    ],
    [
      "a forged mark",
      { Job: Object.assign(class {}, { [Symbol.for("jobmount.defined")]: { construct: 1 } }) },
    ],
  ];
  for (const [title, moduleNamespace] of hostile) {
    it(`does not throw: ${title}`, () => {
      const described = describeModule(moduleNamespace, { checkSchema });
      if ("problems" in described) expect(described.problems).not.to.be.empty;
      expect(() => JSON.stringify(described)).not.to.throw();
    });
  }

  const definitions: [string, unknown][] = [
    ["undefined", undefined],
    ["null", null],
    ["a text", "x"],
    ["a list", []],
    ["a function", () => 1],
    ["a revoked proxy", revoked.proxy],
    ["a proxy whose traps throw", new Proxy({}, traps)],
    ["a getter that throws", Object.defineProperty({ name: "x" }, "tags", { enumerable: true, get: trap })],
    ["a Map", new Map()],
    ["a promise", Promise.resolve({ name: "x" })],
    ["a circle", ((d: { name: string; tags?: unknown }) => Object.assign(d, { tags: [d] }))({ name: "x" })],
    ["a date inside", { name: "x", tags: [new Date()] }],
    ["a function inside", { name: "x", tags: () => 1 }],
    ["NaN inside", { name: "x", maxFailedShare: NaN }],
    ["1e400 inside", { name: "x", maxFailedShare: JSON.parse("1e400") as number }],
    [
      "a class instance",
      new (class {
        name = "x";
      })(),
    ],
    [
      "100 levels",
      { name: "x", resultSchema: JSON.parse('{"not":'.repeat(100) + "{}" + "}".repeat(100)) as unknown },
    ],
    ["a megabyte", { name: "x", description: "x".repeat(1_000_000) }],
  ];
  for (const [title, definition] of definitions) {
    it(`E007: a definition that is ${title}`, () => {
      expect(problemsOfDefinition(definition).map(({ code }) => code)).to.deep.equal(["E007"]);
    });
  }

  it("tells at most 50 of 10,000 mistakes", () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, 1]));
    expect(problemsOfDefinition({ name: "x", ...fields })).to.have.length(50);
  });
});

type Row = [definition: object, code: string, pointer: string, says: RegExp];
const param = (p: object, code: string, pointer: string, says: RegExp): Row => [
  { optionalParams: { p } },
  code,
  `/optionalParams/p${pointer}`,
  says,
];
const sel = { type: "select", options: ["a", "b"] };
const retries = (value: unknown, code: string, at: string, says: RegExp): Row => [
  { retries: value },
  code,
  `/retries${at}`,
  says,
];
const group = (g: unknown, code: string, at: string, says: RegExp): Row => [
  { optionalParams: { a: { type: "string" }, b: { type: "string" } }, paramGroups: [g] },
  code,
  `/paramGroups/0${at}`,
  says,
];
const schedule = (s: unknown, code: string, at: string, says: RegExp): Row => [
  { optionalParams: { size: { type: "integer", max: 5 } }, schedules: [s] },
  code,
  `/schedules/0${at}`,
  says,
];

const ROWS: Row[] = [
  [{ name: undefined }, "E009", "/name", /name is missing/],
  [{ name: "" }, "E009", "/name", /name is "": it must be a text of 1 to 200/],
  [{ name: "x".repeat(201) }, "E009", "/name", /200/],
  [{ name: 5 }, "E009", "/name", /name is 5/],
  [{ description: [] }, "E009", "/description", /is a list/],
  [{ version: 1.2 }, "E009", "/version", /is 1.2/],
  [{ tags: "billing" }, "E009", "/tags", /list of at most 50 texts/],
  [{ tags: ["a", 5] }, "E009", "/tags/1", /5 must be a text/],
  [
    { timeOut: "5m" },
    "E008",
    "/timeOut",
    /"timeOut" is not a field of a job's definition; did you mean "timeout"\?/,
  ],
  [{ params: {} }, "E008", "/params", /did you mean requiredParams or optionalParams\?/],
  [{ cron: "* * * * *" }, "E008", "/cron", /schedules/],
  [{ zzzzzzz: 1 }, "E008", "/zzzzzzz", /not a field of a job's definition (?!.*did you mean)/],
  [JSON.parse('{"__proto__": 1}') as object, "E008", "/__proto__", /"__proto__" is not a field/],
  [{ overlap: "buffer_On" }, "E009", "/overlap", /one of "skip".*did you mean "buffer_one"/],
  [{ isolation: "thread" }, "E009", "/isolation", /"reuse", "fresh"/],
  [{ stateScope: null }, "E009", "/stateScope", /is null/],
  [{ onShutdown: true }, "E009", "/onShutdown", /is true/],
  ...["10", "10 m", "1.5h", "-5m", "0s", "25d", "", 600, null].map((timeout): Row => [
    { timeout },
    "E010",
    "/timeout",
    /a duration up to 24d/,
  ]),
  retries(3, "E011", "", /an object with attempts/),
  retries(null, "E011", "", /null/),
  retries({}, "E011", "/attempts", /attempts is missing/),
  retries({ attempts: 0 }, "E011", "/attempts", /from 1 to 100/),
  retries({ attempts: 1.5 }, "E011", "/attempts", /whole number/),
  retries({ attempts: 2, factor: 0.5 }, "E011", "/factor", /from 1 to 100/),
  retries({ attempts: 2, backoff: "soon" }, "E010", "/backoff", /duration up to 30d/),
  retries({ attempts: 2, backoff: "10m", max: "5m" }, "E011", "/max", /at least as long as backoff/),
  retries({ attempts: 2, delay: "5s" }, "E011", "/delay", /not a field of retries/),
  ...[0, 1.5, -1, "2", null, 10_001].map((concurrency): Row => [
    { concurrency },
    "E012",
    "/concurrency",
    /whole number from 1 to 10000/,
  ]),
  ...[-0.1, 1.1, "10%"].map((maxFailedShare): Row => [
    { maxFailedShare },
    "E012",
    "/maxFailedShare",
    /from 0 to 1/,
  ]),
  ...[256, "256", "1MiB", "2000GiB", "1.5GiB"].map((memory): Row => [{ memory }, "E012", "/memory", /32MiB/]),
  [{ env: ["A=b"] }, "E013", "/env/0", /name of an environment variable/],
  [{ env: ["OK", "JOBMOUNT_SECRET_KEY"] }, "E013", "/env/1", /none of the service's own/],
  [{ env: ["TASK_DATABASE_URL_FILE"] }, "E013", "/env/0", /none of the service's own/],
  [{ env: "HOME" }, "E009", "/env", /list/],
  ...["/etc/passwd", "../x", "a/../../x", "a\\b", "", "a\0b"].map((glob): Row => [
    { files: [glob] },
    "E013",
    "/files/0",
    /glob inside the task directory/,
  ]),
  [{ requiredParams: [] }, "E009", "/requiredParams", /an object of params by name/],
  [{ optionalParams: { p: "string" } }, "E023", "/optionalParams/p", /the param "p" is "string"/],
  ...["a b", "1a", "", "_a", "a.b", "ä", "x".repeat(65)].map((name): Row => [
    { optionalParams: { [name]: { type: "string" } } },
    "E020",
    `/optionalParams/${name}`,
    /cannot be the name/,
  ]),
  [
    { optionalParams: JSON.parse('{"__proto__": {"type": "string"}}') as object },
    "E020",
    "/optionalParams/__proto__",
    /__proto__/,
  ],
  param({}, "E021", "/type", /type is missing/),
  param({ type: "intger" }, "E021", "/type", /did you mean "integer"/),
  param({ type: ["string"] }, "E021", "/type", /is a list/),
  param({ type: "string", hint: "x" }, "E022", "/hint", /"hint" is not a field of a param of type "string"/),
  param({ type: "string", minlength: 1 }, "E022", "/minlength", /did you mean "minLength"/),
  param({ type: "integer", options: ["a"] }, "E022", "/options", /takes no options; select does/),
  param({ type: "string", min: 1 }, "E022", "/min", /takes no min; integer, number do/),
  param({ type: "email", secret: true }, "E022", "/secret", /takes no secret/),
  param({ type: "date", pattern: "x" }, "E022", "/pattern", /takes no pattern/),
  param({ type: "string", label: 5 }, "E023", "/label", /label is 5/),
  param({ type: "string", secret: "yes" }, "E023", "/secret", /true or false/),
  param({ type: "password", secret: false }, "E023", "/secret", /true for a password/),
  param({ type: "string", minLength: -1 }, "E023", "/minLength", /from 0/),
  param({ type: "string", maxLength: 1.5 }, "E023", "/maxLength", /whole number/),
  param({ type: "integer", min: "1" }, "E023", "/min", /must be a number/),
  param({ type: "integer", step: 0 }, "E023", "/step", /step is 0/),
  param({ type: "integer", step: 0.5 }, "E023", "/step", /whole number/),
  param({ type: "list" }, "E023", "/of", /of is missing/),
  param({ type: "list", of: "text" }, "E023", "/of", /one of "string"/),
  param({ type: "list", of: "string", unique: 1 }, "E023", "/unique", /true or false/),
  param({ type: "json", maxBytes: 0 }, "E023", "/maxBytes", /from 1/),
  param({ ...sel, multiple: "yes" }, "E023", "/multiple", /true or false/),
  param({ type: "string", minLength: 5, maxLength: 1 }, "E024", "/minLength", /no value fits both/),
  param({ type: "number", min: 5, max: 1 }, "E024", "/min", /no value fits both/),
  param({ type: "list", of: "date", minItems: 5, maxItems: 1 }, "E024", "/minItems", /no value/),
  param({ type: "select" }, "E025", "/options", /options is missing/),
  param({ type: "select", options: [] }, "E025", "/options", /1 to 1000/),
  param({ type: "select", options: "a" }, "E025", "/options", /list/),
  param({ type: "select", options: ["a", 5] }, "E025", "/options/1", /5 must be a text/),
  param({ type: "select", options: ["a", "a"] }, "E025", "/options/1", /"a" is there twice/),
  param({ ...sel, default: "c" }, "E026", "/default", /the default must be one of "a", "b", but is "c"/),
  param({ ...sel, multiple: true, default: ["a", "c"] }, "E026", "/default/1", /but is "c"/),
  param({ ...sel, multiple: true, default: "a" }, "E029", "/default", /list of options/),
  param({ ...sel, example: "c" }, "E030", "/example", /the example must be one of/),
  param({ type: "integer", default: "1" }, "E029", "/default", /the default must be a whole number/),
  param({ type: "string", default: null }, "E029", "/default", /must be a text, but is null/),
  param({ type: "integer", min: 1, default: 0 }, "E029", "/default", /at least 1/),
  param({ type: "url", default: "x" }, "E029", "/default", /URL/),
  param({ type: "string", pattern: "^b", default: "a" }, "E029", "/default", /pattern/),
  param(
    { type: "string", pattern: "^(a+)+$", default: `${"a".repeat(40)}!` },
    "E029",
    "/default",
    /takes too long/,
  ),
  param({ type: "list", of: "integer", default: [1, "2"] }, "E029", "/default/1", /whole/),
  param({ type: "json", schema: { type: "object" }, default: 5 }, "E029", "/default", /type object/),
  param({ type: "password", default: "hunter2", minLength: 20 }, "E029", "/default", /^(?!.*hunter2)/),
  param({ type: "date", example: "1.2.2026" }, "E030", "/example", /YYYY-MM-DD/),
  param({ type: "string", pattern: "(" }, "E031", "/pattern", /is no regular expression/),
  param({ type: "string", pattern: "\\-" }, "E031", "/pattern", /u flag/),
  param({ type: "json", schema: true }, "E032", "/schema", /a schema is an object/),
  param({ type: "json", schema: { type: "objekt" } }, "E032", "/schema/type", /type is "objekt"/),
  param(
    { type: "json", schema: { properties: { a: { minimum: "1" } } } },
    "E032",
    "/schema/properties/a/minimum",
    /number/,
  ),
  param({ type: "json", schema: { anyOf: [{}, 5] } }, "E032", "/schema/anyOf/1", /true or false/),
  param(
    { type: "json", schema: { items: { pattern: "(" } } },
    "E032",
    "/schema/items/pattern",
    /regular expression/,
  ),
  param(
    { type: "json", schema: { patternProperties: { "(": {} } } },
    "E032",
    "/schema/patternProperties",
    /regular/,
  ),
  param(
    { type: "json", schema: { $ref: "https://example.org/s" } },
    "E032",
    "/schema/$ref",
    /inside this schema/,
  ),
  param(
    { type: "json", schema: { $ref: "#/$defs/nope", $defs: {} } },
    "E032",
    "/schema/$ref",
    /inside this schema/,
  ),
  param({ type: "json", schema: { required: "id" } }, "E032", "/schema/required", /a list/),
  [{ resultSchema: "x" }, "E032", "/resultSchema", /a schema is an object/],
  [{ resultSchema: { minLength: -1 } }, "E032", "/resultSchema/minLength", /whole number/],
  [
    { requiredParams: { p: { type: "string", default: "x" } } },
    "E027",
    "/requiredParams/p/default",
    /never be used/,
  ],
  [
    { requiredParams: { p: { type: "string" } }, optionalParams: { p: { type: "string" } } },
    "E028",
    "/optionalParams/p",
    /"p" is in requiredParams and/,
  ],
  [{ paramGroups: {} }, "E034", "/paramGroups", /list/],
  group("a", "E034", "", /a param group is a list|a param group is a text/),
  group({ params: "a", min: 1 }, "E034", "/params", /list of the names/),
  group({ params: [], min: 0 }, "E034", "/params", /list of the names/),
  group({ params: ["a", "a"], min: 1 }, "E034", "/params", /each once/),
  group({ params: ["a", "c"], min: 1 }, "E033", "/params/1", /"c", which is no param/),
  group({ params: ["a", 5], min: 1 }, "E033", "/params/1", /5/),
  group({ params: ["a", "b"] }, "E034", "/min", /says nothing/),
  group({ params: ["a", "b"], min: 3 }, "E034", "/min", /from 0 to 2/),
  group({ params: ["a", "b"], min: 2, max: 1 }, "E034", "/min", /at most max/),
  group({ params: ["a"], min: 1, least: 1 }, "E034", "/least", /not a field of a param group/),
  [{ schedules: {} }, "E014", "/schedules", /list/],
  schedule("@daily", "E014", "", /a suggested schedule is a text/),
  schedule({}, "E014", "", /neither cron nor every/),
  schedule({ cron: "@daily", every: "1h" }, "E014", "", /both/),
  schedule({ cron: "0 2 * *" }, "E014", "/cron", /five or six fields/),
  schedule({ cron: "* ".repeat(60) }, "E014", "/cron", /cron text/),
  schedule({ cron: 5 }, "E014", "/cron", /is 5/),
  schedule({ cron: "@reboot" }, "E014", "/cron", /cron/),
  schedule({ every: "500ms" }, "E010", "/every", /from 1s/),
  schedule({ cron: "@daily", timeZone: "Mars/Olympus" }, "E014", "/timeZone", /IANA/),
  schedule({ cron: "@daily", timeZone: "+02:00" }, "E014", "/timeZone", /IANA/),
  schedule({ cron: "@daily", at: "x" }, "E014", "/at", /not a field/),
  schedule({ cron: "@daily", params: { size: 9 } }, "E015", "/params/size", /size must be at most 5/),
  schedule({ cron: "@daily", params: { sise: 1 } }, "E015", "/params/sise", /did you mean "size"/),
  schedule({ cron: "@daily", params: [] }, "E015", "/params", /object of params/),
];

describe("describeModule: mistakes in the definition", () => {
  for (const [definition, code, pointer, says] of ROWS) {
    it(`${code} at ${pointer.slice(0, 60)}: ${JSON.stringify(definition).slice(0, 90)}`, () => {
      const problems = problemsOfDefinition({ name: "x", ...definition });
      expect(
        problems.map((problem) => problem.code),
        JSON.stringify(problems),
      ).to.deep.equal([code]);
      const [problem] = problems as [SpecProblem];
      expect(problem.pointer).to.equal(pointer);
      expect(`${problem.message} ${problem.hint}`).to.match(says);
      expect(problem.hint).not.to.equal("");
    });
  }
});
