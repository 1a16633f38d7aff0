// The contract as the compiler sees it: what does not compile, where the error stands, and what is inferred.
import { expect } from "chai";
import path from "node:path";
import ts from "typescript";

const root = path.resolve(import.meta.dirname, "../..");

/** Each line that ends with `//!` must have an error, and no other line may have one. */
interface Snippet {
  title: string;
  source: string;
  /** A part of the error that the author reads. */
  says?: RegExp;
}

const HEAD = `import { defineJob, PermanentError, RetryLater } from "../../src/sdk/index.ts";
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(..._equal: Equal<A, B> extends true ? [] : ["the types differ"]): void {}
void [PermanentError, RetryLater, same];
`;

/** A job class around a definition. */
function job(definition: string, body = "execute() {}"): string {
  return `export class Job extends defineJob({\n  name: "x",\n${definition}\n}) {\n  ${body}\n}`;
}
const required = (param: string): string => job(`  requiredParams: {\n    p: ${param},\n  },`);
const optional = (param: string): string => job(`  optionalParams: {\n    p: ${param},\n  },`);

const WRONG: Snippet[] = [
  { title: "no name", source: `export const x = defineJob({}); //!`, says: /name/ },
  { title: "an unknown field of the definition", source: job(`  timeOut: "5m", //!`), says: /timeOut/ },
  { title: "a name that is no text", source: `export const x = defineJob({ name: 5 }); //!` },
  { title: "a duration without a unit", source: job(`  timeout: "10", //!`) },
  { title: "a duration in words", source: job(`  timeout: "10 minutes", //!`) },
  { title: "a number as duration", source: job(`  timeout: 600, //!`) },
  { title: "retries as a number", source: job(`  retries: 3, //!`) },
  { title: "retries without attempts", source: job(`  retries: { backoff: "30s" }, //!`), says: /attempts/ },
  { title: "an unknown field of retries", source: job(`  retries: { attempts: 3, delay: "30s" }, //!`) },
  { title: "an unknown overlap policy", source: job(`  overlap: "queue", //!`) },
  { title: "an unknown isolation", source: job(`  isolation: "thread", //!`) },
  { title: "an unknown state scope", source: job(`  stateScope: "run", //!`) },
  { title: "an unknown shutdown policy", source: job(`  onShutdown: "wait", //!`) },
  { title: "memory as a number", source: job(`  memory: 256, //!`) },
  { title: "a share that is a text", source: job(`  maxFailedShare: "10%", //!`) },
  { title: "env as a text", source: job(`  env: "HOME", //!`) },
  { title: "an unknown param type", source: optional(`{ type: "float" } //!`) },
  { title: "a param without a type", source: optional(`{ label: "x" } //!`) },
  {
    title: "a field that no param has",
    source: optional(`{ type: "string", hint: "x" } //!`),
    says: /hint is not a field of a param of type string/,
  },
  {
    title: "options on an integer",
    source: optional(`{ type: "integer", options: ["a"] } //!`),
    says: /options is not a field of a param of type integer/,
  },
  {
    title: "min on a string",
    source: required(`{ type: "string", min: 1 } //!`),
    says: /min is not a field/,
  },
  { title: "pattern on a number", source: required(`{ type: "number", pattern: "x" } //!`) },
  { title: "multiple on a string", source: optional(`{ type: "string", multiple: true } //!`) },
  { title: "secret on an integer", source: optional(`{ type: "integer", secret: true } //!`) },
  { title: "secret false on a password", source: required(`{ type: "password", secret: false } //!`) },
  { title: "minItems on a select", source: optional(`{ type: "select", options: ["a"], minItems: 1 } //!`) },
  { title: "maxBytes on a text", source: optional(`{ type: "text", maxBytes: 1 } //!`) },
  { title: "min as a text", source: optional(`{ type: "integer", min: "1" } //!`) },
  { title: "a pattern as a regular expression", source: optional(`{ type: "string", pattern: /x/ } //!`) },
  { title: "a text as default of an integer", source: optional(`{ type: "integer", default: "1" } //!`) },
  { title: "a number as default of a string", source: optional(`{ type: "string", default: 1 } //!`) },
  { title: "a text as default of a boolean", source: optional(`{ type: "boolean", default: "true" } //!`) },
  { title: "a number as default of a date", source: optional(`{ type: "date", default: 1 } //!`) },
  {
    title: "a text as default of a list",
    source: optional(`{ type: "list", of: "string", default: "a" } //!`),
  },
  {
    title: "texts as default of numbers",
    source: optional(`{ type: "list", of: "integer", default: ["1"] } //!`),
  },
  { title: "numbers as default of texts", source: optional(`{ type: "list", of: "url", default: [1] } //!`) },
  { title: "a list that does not say of what", source: optional(`{ type: "list" } //!`), says: /of/ },
  { title: "a list of something unknown", source: optional(`{ type: "list", of: "boolean" } //!`) },
  { title: "a select without options", source: optional(`{ type: "select" } //!`), says: /options/ },
  { title: "options that are no texts", source: optional(`{ type: "select", options: [1, 2] } //!`) },
  {
    title: "a select default outside its options",
    source: optional(`{ type: "select", options: ["a", "b"], default: "c" } //!`),
    says: /the default of a select must be among its options/,
  },
  {
    title: "one of several select defaults outside the options",
    source: optional(`{ type: "select", options: ["a", "b"], multiple: true, default: ["a", "c"] } //!`),
    says: /must be among its options/,
  },
  {
    title: "a select example outside its options",
    source: required(`{ type: "select", options: ["a", "b"], example: "c" } //!`),
    says: /the example of a select/,
  },
  {
    title: "one text as default of a select with multiple",
    source: optional(`{ type: "select", options: ["a"], multiple: true, default: "a" } //!`),
  },
  {
    title: "a list as default of a select without multiple",
    source: optional(`{ type: "select", options: ["a"], default: ["a"] } //!`),
  },
  {
    title: "a required param with a default",
    source: required(`{ type: "string", default: "x" } //!`),
    says: /a required param takes no default: move it to optionalParams/,
  },
  {
    title: "one name in both lists",
    source: job(
      `  requiredParams: { a: { type: "string" } },\n  optionalParams: {\n    a: { type: "string" }, //!\n  },`,
    ),
    says: /a is in requiredParams too/,
  },
  {
    title: "a group that names no param",
    source: job(
      `  optionalParams: { a: { type: "string" } },\n  paramGroups: [{ params: ["a", "b"], min: 1 }], //!`,
    ),
    says: /"b"/,
  },
  {
    title: "a group in a job without params",
    source: job(`  paramGroups: [{ params: ["a"], min: 1 }], //!`),
  },
  {
    title: "an unknown field of a group",
    source: job(
      `  optionalParams: { a: { type: "string" } },\n  paramGroups: [{ params: ["a"], least: 1 }], //!`,
    ),
  },
  { title: "a suggested schedule that says no time", source: job(`  schedules: [{ timeZone: "UTC" }], //!`) },
  {
    title: "a suggested schedule with cron and every",
    source: job(`  schedules: [{ cron: "* * * * *", every: "5m" }], //!`),
  },
  {
    title: "an unknown param of a suggested schedule",
    source: job(
      `  optionalParams: { a: { type: "string" } },\n  schedules: [{ cron: "@daily", params: { b: "x" } }], //!`,
    ),
  },
  {
    title: "a wrong param of a suggested schedule",
    source: job(
      `  optionalParams: { a: { type: "integer" } },\n  schedules: [{ cron: "@daily", params: { a: "x" } }], //!`,
    ),
  },
  {
    title: "no execute",
    source: `export class Job extends defineJob({ name: "x" }) {} //!`,
    says: /execute/,
  },
  { title: "constructing the base", source: `new (defineJob({ name: "x" }))(); //!`, says: /abstract/ },
  {
    title: "execute that returns a number",
    source: job("", `async execute() { return 5; } //!`),
    says: /number/,
  },
  {
    title: "execute that returns a text",
    source: job("", `execute() { return "done"; } //!`),
    says: /string/,
  },
  { title: "async execute that returns a list", source: job("", `async execute() { return [1]; } //!`) },
  { title: "execute that returns a list", source: job("", `execute() { return [1]; } //!`) },
  { title: "a count that is no number", source: job("", `execute() { return { processed: "5" }; } //!`) },
  { title: "a status of its own", source: job("", `async execute() { return { success: true }; } //!`) },
  { title: "execute with arguments", source: job("", `execute(context: object) { void context; } //!`) },
  ...["params", "signal", "records", "progress", "log", "run", "state", "file"].map((name) => ({
    title: `a method named ${name}`,
    source: job("", `${name}() {} //!\n  execute() {}`),
  })),
  {
    title: "a private field named state",
    source: `export class Job extends defineJob({ name: "x" }) { private state = 1; execute() { void this.state; } } //!`,
    says: /state/,
  },
  {
    title: "a type that is not the inferred one (so that `same` is known to see it)",
    source: `same<string, "x">(); //!`,
  },
  {
    title: "a param that is not declared",
    source: job("", `execute() { void this.params.token; } //!`),
    says: /token/,
  },
  {
    title: "writing a param",
    source: job(`  requiredParams: { a: { type: "string" } },`, `execute() { this.params.a = "x"; } //!`),
    says: /read-only/,
  },
  {
    title: "an optional param taken for given",
    source: job(`  optionalParams: { a: { type: "string" } },`, `execute() { this.params.a.trim(); } //!`),
    says: /undefined/,
  },
  {
    title: "an option that is not there",
    source: job(
      `  requiredParams: { a: { type: "select", options: ["x", "y"] } },`,
      `execute() { if (this.params.a === "z") return; } //!`,
    ),
  },
  { title: "records.success with a text", source: job("", `execute() { this.records.success("1"); } //!`) },
  { title: "progress with a text", source: job("", `execute() { this.progress("50%"); } //!`) },
];

/** A job with one param in each list, and what `this.params` must be exactly. */
function infers(definition: string, params: string): string {
  return job(definition, `execute() { same<typeof this.params, Readonly<${params}>>(); }`);
}

const RIGHT: Snippet[] = [
  { title: "the smallest job", source: `export class Job extends defineJob({ name: "x" }) { execute() {} }` },
  { title: "no params", source: infers("", "{}") },
  ...["string", "text", "url", "email", "password", "date", "datetime"].map((type) => ({
    title: `${type}: a text`,
    source: infers(
      `  requiredParams: { a: { type: "${type}" } },\n  optionalParams: { b: { type: "${type}" }, c: { type: "${type}", default: "x" } },`,
      "{ readonly a: string; readonly b: string | undefined; readonly c: string }",
    ),
  })),
  ...["integer", "number"].map((type) => ({
    title: `${type}: a number`,
    source: infers(
      `  requiredParams: { a: { type: "${type}", min: 1, max: 5, step: 1 } },\n  optionalParams: { b: { type: "${type}" }, c: { type: "${type}", default: 0 } },`,
      "{ readonly a: number; readonly b: number | undefined; readonly c: number }",
    ),
  })),
  {
    title: "boolean",
    source: infers(
      `  requiredParams: { a: { type: "boolean" } },\n  optionalParams: { b: { type: "boolean" }, c: { type: "boolean", default: false } },`,
      "{ readonly a: boolean; readonly b: boolean | undefined; readonly c: boolean }",
    ),
  },
  {
    title: "select: the union of its options",
    source: infers(
      `  requiredParams: { a: { type: "select", options: ["x", "y"] } },\n  optionalParams: { b: { type: "select", options: ["x", "y"] }, c: { type: "select", options: ["x", "y"], default: "x" } },`,
      `{ readonly a: "x" | "y"; readonly b: "x" | "y" | undefined; readonly c: "x" | "y" }`,
    ),
  },
  {
    title: "select with multiple: a list of its options",
    source: infers(
      `  requiredParams: { a: { type: "select", options: ["x", "y"], multiple: true } },\n  optionalParams: { b: { type: "select", options: ["x", "y"], multiple: true }, c: { type: "select", options: ["x", "y"], multiple: true, default: ["x"] } },`,
      `{ readonly a: ("x" | "y")[]; readonly b: ("x" | "y")[] | undefined; readonly c: ("x" | "y")[] }`,
    ),
  },
  {
    title: "select with options from elsewhere",
    source: `const options: string[] = ["a"];\n${infers(`  requiredParams: { a: { type: "select", options } },`, "{ readonly a: string }")}`,
  },
  ...["string", "url", "email", "date"].map((of) => ({
    title: `list of ${of}`,
    source: infers(
      `  requiredParams: { a: { type: "list", of: "${of}", unique: true } },\n  optionalParams: { b: { type: "list", of: "${of}" }, c: { type: "list", of: "${of}", default: ["x"] } },`,
      "{ readonly a: string[]; readonly b: string[] | undefined; readonly c: string[] }",
    ),
  })),
  ...["integer", "number"].map((of) => ({
    title: `list of ${of}`,
    source: infers(
      `  requiredParams: { a: { type: "list", of: "${of}", minItems: 1, maxItems: 9 } },\n  optionalParams: { b: { type: "list", of: "${of}" }, c: { type: "list", of: "${of}", default: [1] } },`,
      "{ readonly a: number[]; readonly b: number[] | undefined; readonly c: number[] }",
    ),
  })),
  {
    title: "json: unknown",
    source: infers(
      `  requiredParams: { a: { type: "json", schema: { type: "object" }, maxBytes: 5, secret: true } },\n  optionalParams: { b: { type: "json" }, c: { type: "json", default: { x: [1] } } },`,
      "{ readonly a: unknown; readonly b: unknown; readonly c: unknown }",
    ),
  },
  {
    title: "a default that is undefined is none",
    source: infers(
      `  optionalParams: { a: { type: "string", default: undefined } },`,
      "{ readonly a: string | undefined }",
    ),
  },
  {
    title: "every field of the definition",
    source: job(
      `  description: "d", version: "1", tags: ["t"],
  requiredParams: { a: { type: "string", label: "A", description: "d", placeholder: "p", example: "e", pattern: "^e$", minLength: 1, maxLength: 2, secret: true } },
  optionalParams: { b: { type: "integer" }, c: { type: "integer", default: 5 } },
  paramGroups: [{ params: ["b", "c", "a"], min: 1, max: 2, message: "m" }],
  resultSchema: { type: "object", properties: { n: { type: "integer" } } },
  timeout: "10m", retries: { attempts: 3, backoff: "30s", factor: 2, max: "1h" }, concurrency: 2, overlap: "buffer_one",
  isolation: "fresh", memory: "256MiB", maxFailedShare: 0.1, env: ["HOME"], files: ["*.csv"], stateScope: "schedule", onShutdown: "cancel",
  schedules: [{ cron: "0 2 * * *", timeZone: "Europe/Berlin", params: { a: "x" } }, { every: "15m", name: "n" }],`,
      "execute() {}",
    ),
  },
  {
    title: "everything on this, also in field initialisers",
    source: job(
      `  requiredParams: { a: { type: "integer" } },`,
      `size: number = this.params.a;
  stop: AbortSignal = this.signal;
  async execute() {
    this.records.success(); this.records.success(2); this.records.skipped(); this.records.failed();
    this.records.failed(1, new Error("x")); this.records.failed("k", "r");
    this.progress(5); this.progress(5, "m");
    this.log.debug("d"); this.log.info("i", { n: 1 }); this.log.warn("w"); this.log.error(new Error("e"));
    same<typeof this.run.fireAt, string | null>();
    same<typeof this.run.onlyRecords, readonly string[] | null>();
    same<typeof this.run.missed, { from: string; to: string; count: number | null } | null>();
    const n = this.state.get<number>("n"); same<typeof n, number | undefined>();
    this.state.set("n", (n ?? 0) + 1);
    const where: string = this.file("a.csv") + this.tempDir + this.dataDir;
    if (where === "") throw new PermanentError("no", { cause: 1 });
    if (this.size > 5) throw new RetryLater("30s", "later");
    throw new RetryLater(500);
  }`,
    ),
  },
  ...[
    "execute() {}",
    "async execute() {}",
    "execute() { return undefined; }",
    "async execute() { return null; }",
    "async execute() { return { processed: 1, success: 1, failed: 0, skipped: 0 }; }",
    "async execute() { return { records_processed: 1, recordsSuccess: 1, note: 'x' }; }",
    "async execute() { return { workspace: 'x', rows: [1, 2] }; }",
    "async execute() { const summary: Summary = { note: 'x' }; return summary; }",
    "async execute() { if (this.signal.aborted) return; return { details: [1] }; }",
    "execute(): Promise<void> { return Promise.resolve(); }",
    "async execute(): Promise<Record<string, unknown>> { return {}; }",
  ].map((body) => ({
    title: `returns: ${body}`,
    source: `interface Summary { note: string }\n${job("", body)}\nexport type { Summary };`,
  })),
  {
    title: "a base class of one's own between",
    source: `abstract class Base extends defineJob({ name: "x", requiredParams: { a: { type: "string" } } }) { protected shout(): string { return this.params.a.toUpperCase(); } }
export class Job extends Base { execute() { return { said: this.shout() }; } }`,
  },
  {
    title: "a definition from elsewhere, as const",
    source: `const definition = { name: "x", tags: ["a"], requiredParams: { a: { type: "select", options: ["x", "y"] } }, timeout: "5m", retries: { attempts: 2 } } as const;
export class Job extends defineJob(definition) { execute() { same<typeof this.params.a, "x" | "y">(); } }`,
  },
  {
    title: "the classes of the job as a value",
    source: `class X extends defineJob({ name: "x" }) { execute() {} }\nexport { X as Job };`,
  },
];

describe("the types of the job contract", function () {
  this.timeout(60_000);
  const files = new Map<string, string>();
  let program: ts.Program;

  before(() => {
    for (const [kind, snippets] of Object.entries({ wrong: WRONG, right: RIGHT })) {
      snippets.forEach(({ source }, i) => files.set(fileOf(kind, i), HEAD + source));
    }
    program = compile(files);
  });

  WRONG.forEach(({ title, says }, i) => {
    it(`does not compile: ${title}`, () => {
      const errors = errorsOf(program, fileOf("wrong", i));
      const marked = linesOf(files.get(fileOf("wrong", i))!).flatMap((line, n) =>
        line.endsWith("//!") ? [n + 1] : [],
      );
      expect(errors, "it compiles").not.to.be.empty;
      const text = errors.map((error) => `${error.line}: ${error.text}`).join("\n");
      if (marked.length > 0)
        expect([...new Set(errors.map((error) => error.line))], text).to.deep.equal(marked);
      if (says) expect(text).to.match(says);
    });
  });

  RIGHT.forEach(({ title }, i) => {
    it(`compiles and infers: ${title}`, () => {
      const errors = errorsOf(program, fileOf("right", i));
      expect(errors.map((error) => `${error.line}: ${error.text}`)).to.deep.equal([]);
    });
  });
});

function fileOf(kind: string, i: number): string {
  return path.join(root, "test/sdk", `snippet-${kind}-${i}.ts`);
}

function linesOf(text: string): string[] {
  return text.split("\n");
}

function compile(files: ReadonlyMap<string, string>): ts.Program {
  const config = ts.getParsedCommandLineOfConfigFile(
    path.join(root, "tsconfig.json"),
    { types: ["node"], incremental: false, composite: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => expect.fail(String(problem.messageText)) },
  );
  const options = config!.options;
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (name) => files.get(path.normalize(name)) ?? readFile.call(host, name);
  host.fileExists = (name) => files.has(path.normalize(name)) || fileExists.call(host, name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(path.normalize(name));
    return text === undefined
      ? getSourceFile.call(host, name, version, ...rest)
      : ts.createSourceFile(name, text, version);
  };
  return ts.createProgram([...files.keys()], options, host);
}

function errorsOf(program: ts.Program, file: string): { line: number; text: string }[] {
  const source = program.getSourceFile(file)!;
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
    (error) => ({
      line: source.getLineAndCharacterOfPosition(error.start ?? 0).line + 1,
      text: ts.flattenDiagnosticMessageText(error.messageText, "\n"),
    }),
  );
}
