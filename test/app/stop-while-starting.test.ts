// A stop that comes while the service starts.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/log.ts";
import { childrenOf } from "../support/processes.ts";

describe("a service that is stopped while it starts", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "jobmount-stop-"));
    mkdirSync(join(folder, "external_tasks"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  /** But for esbuild's, which one process has once and for all, and what other tests of this process have. */
  const ownChildren = (others: readonly number[]) =>
    childrenOf(process.pid)
      .filter((pid) => !others.includes(pid))
      .map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "))
      .filter((command) => !command.includes("esbuild"));

  for (const afterMs of [0, 50, 400]) {
    it(`A4: ${afterMs} ms after it began, opens nothing afterwards and leaves no process`, async () => {
      const others = childrenOf(process.pid);
      const { config } = loadConfig({ PORT: "0" }, { cwd: folder });
      const app = await createApp(config, silentLogger);
      const started = app.start().then(
        () => "listens",
        (error: Error) => error.message,
      );
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await app.stop();
      const ended = await started;
      // On a quick machine it may have been done before it was asked to stop; then it is stopped as ever.
      if (afterMs < 400) expect(ended).to.include("stopped while it started");
      expect(ownChildren(others)).to.deep.equal([]);
    });
  }
});
