// The walls of the house, held by machine: who may import whom, who owns which package, how long a file may be.
import { expect } from "chai";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MOVES } from "../src/runs/state.ts";
import { CANCELLED_REASONS, FAILED_REASONS, FINAL_STATES, RUN_STATES } from "../src/runs/task-run.ts";
import { SKIPPED_REASONS } from "../src/schedules/schedule.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SRC = join(ROOT, "src");

/** Small files that know nothing of the rest; everybody may import them. */
const LEAVES = new Set([
  "clock",
  "log",
  "errors",
  "ids",
  "duration",
  "time-limit",
  "json-schema",
  "lines",
  "log-size",
  "recurring",
]);

/** folder -> folders it may import. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  sdk: [],
  sandbox: ["sdk"],
  catalog: ["sdk", "sandbox"],
  schedules: ["sdk"],
  runs: ["schedules", "sdk"],
  wake: [],
  access: [],
  actors: ["schedules", "runs", "catalog", "sandbox", "wake", "sdk"],
  db: ["schedules", "runs", "catalog", "access", "sdk"],
  http: ["schedules", "runs", "catalog", "access"],
  config: [],
};
/** May import everything; nobody imports them but each other. */
const TOP = new Set(["cli", "app", "main"]);
/** `import type` only. */
const TYPES_ONLY: readonly [from: string, to: string][] = [
  ["schedules", "sdk"],
  ["runs", "sdk"],
  ["db", "sdk"],
];

/** package -> folders (or leaves) that alone may import it. */
const OWNERS: Record<string, readonly string[]> = {
  "node:child_process": ["sandbox"],
  chokidar: ["catalog"],
  esbuild: ["catalog"],
  diff: ["catalog"],
  croner: ["schedules"],
  cronstrue: ["schedules"],
  "node-cron": ["actors"],
  typeorm: ["db"],
  mysql2: ["db"],
  libsql: ["db"],
  "reflect-metadata": ["db", "http"],
  koa: ["http"],
  "@koa/router": ["http"],
  "class-validator": ["http"],
  "class-transformer": ["http"],
  "class-validator-jsonschema": ["http"],
  commander: ["cli"],
  undici: ["cli"],
  pino: ["log"],
  "prom-client": ["app"],
  "@cfworker/json-schema": ["json-schema"],
};

interface Import {
  from: string;
  fromRoom: string;
  spec: string;
  typeOnly: boolean;
}

function filesOf(folder: string, names: RegExp): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesOf(path, names);
    return names.test(path) ? [path] : [];
  });
}

const files = (folder: string) => filesOf(folder, /\.ts$/);

const sources = files(SRC);
const roomOf = (path: string) => relative(SRC, path).split("/")[0]!.replace(/\.ts$/, "");

const imports: Import[] = sources.flatMap((path) => {
  const text = readFileSync(path, "utf8");
  const found = [...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm)].map(
    (m) => ({
      typeOnly: m[1] !== undefined,
      spec: m[2]!,
    }),
  );
  const lazy = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].map((m) => ({ typeOnly: false, spec: m[1]! }));
  return [...found, ...lazy].map((one) => ({ ...one, from: path, fromRoom: roomOf(path) }));
});
const inside = imports.filter((one) => one.spec.startsWith("."));
const targetOf = (one: Import) => resolve(dirname(one.from), one.spec);
const show = (one: Import) => `${relative(ROOT, one.from)} imports ${one.spec}`;

describe("architecture", () => {
  it("every folder of src has its row", () => {
    const rooms = new Set(sources.map(roomOf));
    const known = new Set([...Object.keys(MAY_IMPORT), ...TOP, ...LEAVES]);
    expect([...rooms].filter((room) => !known.has(room))).to.deep.equal([]);
    expect(Object.keys(MAY_IMPORT).filter((room) => !rooms.has(room))).to.deep.equal([]);
  });

  it("no import goes outside its row", () => {
    const wrong = inside.filter((one) => {
      const room = roomOf(targetOf(one));
      if (targetOf(one).startsWith(join(ROOT, "migrations"))) return one.fromRoom !== "db";
      if (room === one.fromRoom || LEAVES.has(room) || TOP.has(one.fromRoom)) return false;
      return !(MAY_IMPORT[one.fromRoom] ?? []).includes(room);
    });
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("leaves import leaves only", () => {
    const wrong = inside.filter((one) => LEAVES.has(one.fromRoom) && !LEAVES.has(roomOf(targetOf(one))));
    // json-schema speaks of the sdk's type of a check, and of nothing that runs.
    expect(wrong.filter((one) => !one.typeOnly).map(show)).to.deep.equal([]);
  });

  it("what is known by its types only is imported by its types only", () => {
    const wrong = inside.filter(
      (one) =>
        !one.typeOnly &&
        TYPES_ONLY.some(([from, to]) => one.fromRoom === from && roomOf(targetOf(one)) === to),
    );
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("a package is imported by its owner only", () => {
    const packageOf = (spec: string) =>
      spec.startsWith("node:")
        ? spec
        : spec
            .split("/")
            .slice(0, spec.startsWith("@") ? 2 : 1)
            .join("/");
    const wrong = imports
      .filter((one) => !one.spec.startsWith(".") && !one.typeOnly)
      .filter((one) => {
        const owners = OWNERS[packageOf(one.spec)];
        return owners ? !owners.includes(one.fromRoom) : !one.spec.startsWith("node:");
      });
    expect(wrong.map(show)).to.deep.equal([]);
    expect(builtinModules).to.include("child_process");
  });

  it("what a job imports depends on nothing: no package in sdk, no class-validator in a child", () => {
    const wrong = imports.filter(
      (one) => one.fromRoom === "sdk" && !one.spec.startsWith(".") && !one.spec.startsWith("node:"),
    );
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it("no cycle between files", () => {
    const edges = new Map<string, string[]>();
    for (const one of inside) {
      if (!one.typeOnly) edges.set(one.from, [...(edges.get(one.from) ?? []), targetOf(one)]);
    }
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, trail: string[]) => {
      if (trail.includes(file)) {
        cycles.push([...trail.slice(trail.indexOf(file)), file].map((f) => relative(SRC, f)).join(" -> "));
      }
      if (done.has(file)) return;
      done.add(file);
      for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    };
    for (const file of sources) visit(file, []);
    expect(cycles).to.deep.equal([]);
  });

  it("no source file has more than 300 lines, and each says its reason in its first line", () => {
    const all = [...sources, ...files(join(ROOT, "migrations")), ...files(join(ROOT, "external_tasks"))];
    const long = all.filter((path) => readFileSync(path, "utf8").split("\n").length > 301);
    expect(long.map((path) => relative(ROOT, path))).to.deep.equal([]);
    const mute = sources.filter((path) => !readFileSync(path, "utf8").startsWith("// "));
    expect(mute.map((path) => relative(ROOT, path))).to.deep.equal([]);
  });

  it("the page knows the service by the types of its contract alone, and packages of its own", () => {
    const page = filesOf(join(ROOT, "ui", "src"), /\.tsx?$/).filter((path) => !path.endsWith(".d.ts"));
    const wrong: string[] = [];
    for (const path of page) {
      const text = readFileSync(path, "utf8");
      const name = relative(ROOT, path);
      if (!text.startsWith("// ")) wrong.push(`${name} does not say its reason`);
      if (text.split("\n").length > 301) wrong.push(`${name} has more than 300 lines`);
      for (const [line, spec] of text.matchAll(/^(?:import|export)\s[^"';]*?from\s+"([^"]+)"/gm)) {
        const outside =
          spec!.startsWith(".") && !resolve(dirname(path), spec!).startsWith(join(ROOT, "ui", "src"));
        if (outside && !(name === "ui/src/api/contract.ts" && line.startsWith("import type")))
          wrong.push(`${name} imports ${spec}`);
        if (!spec!.startsWith(".") && !/^(react|react-dom|@tanstack\/react-(query|router))(\/|$)/.test(spec!))
          wrong.push(`${name} imports ${spec}`);
      }
    }
    expect(wrong).to.deep.equal([]);
    expect(page.length).to.be.greaterThan(50);
  });

  it("process.env is read in main and config only", () => {
    // child.ts is the job's own process: it sets there what the job declared.
    const allowed = new Set(["main.ts", "config.ts", "sandbox/child.ts", "sandbox/leftovers.ts"]);
    const wrong = sources.filter(
      (path) => !allowed.has(relative(SRC, path)) && /process\.env\b/.test(codeOf(path)),
    );
    expect(wrong.map((path) => relative(ROOT, path))).to.deep.equal([]);
  });

  it("signals are seen by main only", () => {
    const wrong = sources.filter(
      (path) => relative(SRC, path) !== "main.ts" && /process\.on\(\s*"SIG/.test(codeOf(path)),
    );
    expect(wrong.map((path) => relative(ROOT, path))).to.deep.equal([]);
  });

  it("states and reasons are the same words in code and in docs/semantics.md", () => {
    const doc = readFileSync(join(ROOT, "docs", "semantics.md"), "utf8");
    const row = (name: string) => {
      const line = doc.split("\n").find((text) => text.startsWith(`- ${name}: `));
      return [...(line ?? "").matchAll(/`([a-z_]+)`/g)].map((match) => match[1]);
    };
    expect(row("states")).to.deep.equal([...RUN_STATES]);
    expect(row("final")).to.deep.equal([...FINAL_STATES]);
    expect(row("failed")).to.deep.equal([...FAILED_REASONS]);
    expect(row("skipped")).to.deep.equal([...SKIPPED_REASONS]);
    expect(row("cancelled")).to.deep.equal([...CANCELLED_REASONS]);
    const moves = [...doc.matchAll(/^\|\s+(\S+)\s+\|\s+(\S+)\s+\|\s+(\S+)\s+\|/gm)].map(
      ([, from, to, who]) => ({
        from: from === "-" ? null : from,
        to,
        who,
      }),
    );
    expect(moves.filter((move) => RUN_STATES.includes(move.to as never))).to.deep.equal([...MOVES]);
  });
});

/** The text without comments. */
function codeOf(path: string): string {
  return readFileSync(path, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "");
}
