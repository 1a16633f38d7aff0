// The doctor's look for secrets: the built-in job writes a made-up one in every form and place, and then it is looked for in
// everything that the service answers about the run, and in its files.
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { formsOf } from "../runs/secret-forms.ts";
import type { Page, RemoteRun } from "./remote.ts";
import type { Server } from "./server.ts";

const JOB = "builtin:secret_check";
/** So many of its lines are masked at least, or the job did not write what it should. */
const LEAST_MASKED = 20;
const WAIT_S = 30;
/** Larger files are not read: the answer should not take minutes. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
const PLACES = "the runs, their logs, their refused records";

/** How the job ends: what it returns and what it throws take ways of their own. */
const ENDS = { result: "succeeded", error: "failed" } as const;

export interface SecretsFound {
  /** How many places hold the secret in some form. */
  leaked: number;
  says: string;
}

/** Where to look beside what the service answers. */
export interface Places {
  /** Looked through when the service is of this machine. */
  dataDir: string;
  /** What the tables hold of a run; for a database that is no file in `dataDir`. */
  rowsOf?(runId: string): Promise<readonly string[]>;
}

/** Throws a sentence when the job could not do its part. */
export async function lookForSecrets(
  server: Pick<Server, "ask" | "local">,
  { dataDir, rowsOf }: Places,
): Promise<SecretsFound> {
  // Every sign that some form of writing changes is in it.
  const canary = `canary "${randomBytes(12).toString("base64")}" é\\/?&=%+`;
  const forms = formsOf(canary);
  const found: string[] = [];
  const ids: string[] = [];
  let masked = 0;
  for (const end of ["result", "error"] as const) {
    const run = await runWith(server, canary, end);
    ids.push(run.id);
    const answers = [
      JSON.stringify(run),
      ...(await pagesOf(server, `/runs/${run.id}/logs`)),
      ...(await pagesOf(server, `/runs/${run.id}/failed-records`)),
    ];
    const hidden = answers.join("\n").split("***").length - 1;
    if (hidden < LEAST_MASKED)
      throw new Error(`${JOB} wrote its secret ${hidden} times only, which shows nothing`);
    masked += hidden;
    found.push(...holding(answers, forms).map(() => `what REST answers about ${run.id}`));
    if (rowsOf) found.push(...holding(await rowsOf(run.id), forms).map(() => `the tables, of ${run.id}`));
  }
  if (server.local) found.push(...(await filesWith(forms, dataDir)));
  const where = [PLACES, rowsOf && "their rows", server.local && `the files in ${dataDir}`].filter(Boolean);
  const says = `${found.length} leaked: the runs ${ids.join(" and ")} wrote a made-up secret in ${forms.length} forms, masked ${masked} times; looked in ${where.join(", ")}`;
  return {
    leaked: found.length,
    says: found.length > 0 ? `${says}; found in ${[...new Set(found)].join(", ")}` : says,
  };
}

async function runWith(
  server: Pick<Server, "ask">,
  canary: string,
  end: keyof typeof ENDS,
): Promise<RemoteRun> {
  const asked = await server.ask("POST", `/jobs/${JOB}/runs`, {
    body: { params: { canary, end } },
    headers: { prefer: `wait=${WAIT_S}` },
    timeoutMs: (WAIT_S + 10) * 1000,
  });
  const run = asked.body as RemoteRun;
  if (run.state === ENDS[end]) return run;
  const cause = run.cause ?? "no cause told";
  throw new Error(`the run ${run.id} of ${JOB} with end ${end} is ${run.state} after ${WAIT_S} s: ${cause}`);
}

const holding = (texts: readonly string[], forms: readonly string[]) =>
  texts.map(decoded).filter((text) => forms.some((form) => text.includes(form)));

/** As JSON, and as what the JSON means: a form may be hidden by the one or by the other. */
function decoded(text: string): string {
  return `${text}\n${text.replaceAll('\\"', '"').replaceAll("\\\\", "\\")}`;
}

async function pagesOf(server: Pick<Server, "ask">, path: string): Promise<string[]> {
  const texts: string[] = [];
  for (let after: string | null = "0"; after !== null;) {
    const { body } = await server.ask("GET", `${path}?limit=5000&after=${after}`);
    texts.push(JSON.stringify(body));
    after = (body as Page<unknown>).page.next;
  }
  return texts;
}

/** Files below `folder`, by their names in it, whose bytes hold one of these texts. */
async function filesWith(texts: readonly string[], folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (!facts?.isFile() || facts.size > MAX_FILE_BYTES) continue;
    if (await holds(path, texts).catch(() => false)) found.push(name);
  }
  return found;
}

async function holds(path: string, texts: readonly string[]): Promise<boolean> {
  const wanted = texts.map((text) => Buffer.from(text).toString("latin1"));
  const longest = Math.max(...wanted.map((text) => text.length));
  let rest = "";
  for await (const chunk of createReadStream(path, { encoding: "latin1", highWaterMark: 1024 * 1024 })) {
    const text = rest + String(chunk);
    if (wanted.some((form) => text.includes(form))) return true;
    rest = text.slice(-longest);
  }
  return false;
}
