// The doctor's look for secrets is worth something only if it finds them: here are services that leak, each in one place.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lookForSecrets, type Places } from "../../src/cli/secret-check.ts";
import type { AskOptions, Server } from "../../src/cli/server.ts";
import { tempFolder } from "./jobmount.ts";

/** What one of them shows of the secret, by the place; else it is masked. */
interface Leaks {
  result?(canary: string): unknown;
  error?(canary: string): unknown;
  log?(canary: string): string;
  refused?(canary: string): string;
  row?(canary: string): string;
  file?(canary: string): string;
}

const MASKED = "***".repeat(20);
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("the doctor's look for secrets", () => {
  const dataDir = tempFolder();

  async function found(leaks: Leaks, local = false) {
    let canary = "";
    const ask = (method: string, path: string, { body }: AskOptions = {}) => {
      const page = (data: unknown[], next: string | null = null) =>
        Promise.resolve({ status: 200, etag: null, body: { data, page: { next } } });
      if (path.includes("/logs")) {
        // The leak is on the second page.
        if (path.endsWith("after=0")) return page([{ text: MASKED }], "1");
        return page([{ text: leaks.log?.(canary) ?? MASKED }]);
      }
      if (path.includes("/failed-records")) return page([{ key: leaks.refused?.(canary) ?? MASKED }]);
      expect([method, path]).to.deep.equal(["POST", "/jobs/builtin:secret_check/runs"]);
      const { params } = body as { params: { canary: string; end: string } };
      canary = params.canary;
      const run =
        params.end === "error"
          ? { id: "run_e", state: "failed", error: { message: leaks.error?.(canary) ?? MASKED } }
          : { id: "run_r", state: "succeeded", result: leaks.result?.(canary) ?? MASKED };
      return Promise.resolve({ status: 200, etag: null, body: { ...run, masked: MASKED } });
    };
    const places: Places = {
      dataDir,
      rowsOf: (runId) => {
        mkdirSync(join(dataDir, "deep"), { recursive: true });
        writeFileSync(join(dataDir, "deep", "file"), leaks.file?.(canary) ?? MASKED);
        return Promise.resolve([MASKED, runId === "run_e" ? (leaks.row?.(canary) ?? MASKED) : MASKED]);
      },
    };
    return lookForSecrets({ ask, local } as unknown as Pick<Server, "ask" | "local">, places);
  }

  it("finds nothing where all is masked, and says where it looked", async () => {
    const { leaked, says } = await found({}, true);
    expect(leaked).to.equal(0);
    expect(says).to.match(
      /^0 leaked: the runs run_r and run_e wrote a made-up secret in \d+ forms, masked \d+ times/,
    );
    expect(says).to.include(
      `looked in the runs, their logs, their refused records, their rows, the files in ${dataDir}`,
    );
  });

  const rows: [string, Leaks, RegExp][] = [
    [
      "a result",
      { result: (canary) => ({ deep: [canary] }) },
      /1 leaked.*found in what REST answers about run_r$/,
    ],
    [
      "a key of a result",
      { result: (canary) => ({ [canary]: 1 }) },
      /found in what REST answers about run_r$/,
    ],
    [
      "a thrown error",
      { error: (canary) => `with ${canary}` },
      /1 leaked.*found in what REST answers about run_e$/,
    ],
    ["a log, as base64", { log: base64 }, /2 leaked.*about run_r, what REST answers about run_e$/],
    ["a log, as JSON in JSON", { log: (canary) => JSON.stringify(canary) }, /2 leaked/],
    ["a refused record, encoded for an address", { refused: encodeURIComponent }, /2 leaked/],
    [
      "a row that REST does not show",
      { row: (canary) => JSON.stringify({ canary }) },
      /1 leaked.*found in the tables, of run_e$/,
    ],
    ["a file", { file: (canary) => `x${base64(canary)}` }, /1 leaked.*found in deep\/file$/],
  ];
  for (const [what, leaks, sentence] of rows) {
    it(`finds one in ${what}`, async () => {
      const { leaked, says } = await found(leaks, true);
      expect(leaked).to.be.greaterThan(0);
      expect(says).to.match(sentence);
    });
  }

  it("shows nothing, and says so, when the job wrote nothing", async () => {
    const ask = (_method: string, path: string, { body }: AskOptions = {}) => {
      const end = (body as { params: { end: string } } | undefined)?.params.end;
      const run = { id: "run_1", state: end === "error" ? "failed" : "succeeded" };
      const answer = path.endsWith("/runs") ? run : { data: [], page: { next: null } };
      return Promise.resolve({ status: 200, etag: null, body: answer });
    };
    const server = { ask, local: false } as unknown as Pick<Server, "ask" | "local">;
    const message = await lookForSecrets(server, { dataDir }).catch((error: Error) => error.message);
    expect(message).to.match(/wrote its secret 0 times only, which shows nothing$/);
  });

  it("says which end did not come about", async () => {
    const ask = () =>
      Promise.resolve({ status: 200, etag: null, body: { id: "run_1", state: "running", cause: null } });
    const server = { ask, local: false } as unknown as Pick<Server, "ask" | "local">;
    const message = await lookForSecrets(server, { dataDir }).catch((error: Error) => error.message);
    expect(message).to.match(/^the run run_1 of builtin:secret_check with end result is running after 30 s/);
  });
});
