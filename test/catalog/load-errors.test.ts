// docs/load-errors.md: the examples of the catalog's own codes, made on disk, do what their part says.
import { expect } from "chai";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { CATALOG_RULES } from "../../src/catalog/load-problem.ts";
import { scanSource } from "../../src/catalog/scan.ts";
import { blocksOf } from "../docs/blocks.ts";
import { asNobody } from "../support/as-nobody.ts";
import { TaskFolder, jobText } from "../support/task-folder.ts";
import { LoadBench } from "./load-support.ts";

const page = readFileSync(new URL("../../docs/load-errors.md", import.meta.url), "utf8");
const MIB = 1024 * 1024;

/** What the page says lies around an example of code. */
const AROUND = {
  "sync/rows.ts": "export const rows: unknown[] = [];",
  "sync/query.sql": "SELECT 1",
  "_lib/money.ts": "export const euros = (cents: number) => cents / 100;",
};

interface Example {
  code: string | null;
  /** Paths of the source, each with `-> target` or `(size)` as the page shows it. */
  files: string[];
}

function exampleOf(code: string, kind: "wrong" | "right"): Example | null {
  const blocks = blocksOf(page).filter(({ heading }) => heading.startsWith(`${code}: `));
  const textOf = (info: string, first: string): string | null =>
    blocks.find((block) => block.info === info && block.text.startsWith(first))?.text ?? null;
  const own = textOf("ts", `// ${kind}\n`);
  const files = textOf("text", `# ${kind}\n`)?.split("\n").slice(1) ?? [];
  if (own === null && files.length === 0) return null;
  // A right layout without code cures the wrong code.
  const ts = own ?? textOf("ts", "// wrong\n");
  return { code: ts, files: ts === null ? files : files.filter((line) => line !== "sync/job.ts") };
}

async function made({ code, files }: Example): Promise<TaskFolder> {
  const folder = await TaskFolder.make(code === null ? {} : { ...AROUND, "sync/job.ts": code });
  // Whoever is nobody comes as far as the source, and makes his files beside it.
  await chmod(folder.base, 0o777);
  await mkdir(`${folder.base}/elsewhere`);
  await writeFile(`${folder.base}/elsewhere/money.ts`, AROUND["_lib/money.ts"]);
  for (const line of files) {
    const [, path, target, note] = /^(\S.*?)(?: -> (\S+))?(?: \((.+)\))?$/.exec(line) ?? [];
    if (path === undefined) throw new Error(`not a line of a layout: ${line}`);
    if (target !== undefined) await folder.link(path, target);
    else await folder.write({ [path]: contentOf(path, note) });
    const mode = /^mode (\d{3})$/.exec(note ?? "")?.[1];
    if (mode !== undefined) await chmod(folder.path(path), parseInt(mode, 8));
  }
  return folder;
}

function contentOf(path: string, note: string | undefined): string {
  if (note === "empty") return "";
  const size = Number(/^(\d+) MiB$/.exec(note ?? "")?.[1] ?? 0) * MIB;
  if (note !== undefined && size === 0 && !note.startsWith("mode ")) throw new Error(`unknown note: ${note}`);
  return (path.endsWith("job.ts") ? `${jobText("Sync")}// ` : "") + "x".repeat(size);
}

describe("the examples of docs/load-errors.md that are about files, imports and loading", () => {
  const bench = new LoadBench();
  before(() => bench.describer.warm());
  after(() => bench.describer.close());

  /** The codes of all that is wrong in the source, and how many jobs load. */
  async function outcome(code: string, example: Example): Promise<{ codes: string[]; good: number }> {
    const folder = await made(example);
    try {
      const { tasks, findings } = await scanSource(folder.root);
      const codes = new Set(findings.map(({ problem }) => problem.code));
      let good = 0;
      const limits = { timeMs: code === "E131" ? 1_500 : 25_000, memoryBytes: 96 * MIB };
      for (const key of tasks) {
        const load = () => bench.load(folder, key, { limits });
        const loaded = code === "E112" ? await asNobody(load) : await load();
        if (loaded.kind === "bad") codes.add(loaded.problem.code);
        else good++;
      }
      return { codes: [...codes], good };
    } finally {
      await folder.remove();
    }
  }

  for (const code of Object.keys(CATALOG_RULES)) {
    it(`${code}: the wrong example has this problem alone`, async function () {
      // Twenty thousand folders take longer to make than the sentence is worth.
      if (code === "E111") this.skip();
      expect((await outcome(code, exampleOf(code, "wrong")!)).codes).to.deep.equal([code]);
    });

    const right = exampleOf(code, "right");
    if (right === null) continue;
    it(`${code}: the right example loads`, async () => {
      const limited = code === "E131" ? "E130" : code;
      expect(await outcome(limited, right)).to.deep.equal({ codes: [], good: 1 });
    });
  }
});
