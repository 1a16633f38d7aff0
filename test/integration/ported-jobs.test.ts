// The jobs of the systems before ours, through the whole service: folder, REST, child process, rows.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { copyPackage } from "../support/copy-package.ts";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";
import { startWebServer } from "../external_tasks/web-server.ts";

describe("ported jobs in the service", function () {
  this.timeout(60_000);
  let service: Service;
  let pictures: string;

  before(async () => {
    pictures = mkdtempSync(join(tmpdir(), "jobmount-pictures-"));
    for (let i = 0; i < 4; i++) {
      await sharp({ create: { width: 400, height: 200, channels: 3, background: "#369" } })
        .png()
        .toFile(join(pictures, `${i}.png`));
    }
    service = await Service.start({ jobs: ["batch_sync", "score_text", "noop"] });
    // sharp lies in the task's own node_modules before the task is moved in: it is native, and stays outside the bundle.
    const aside = join(service.folder, "image_thumbs");
    mkdirSync(aside);
    const { cpSync, renameSync } = await import("node:fs");
    cpSync(new URL("../fixtures/external_tasks/image_thumbs", import.meta.url), aside, { recursive: true });
    await copyPackage("sharp", aside);
    renameSync(aside, join(service.tasks, "image_thumbs"));
    await eventually(
      async () => (await service.get("/jobs/image_thumbs")).json.loadState === "ready",
      20_000,
    );
  });
  after(async () => {
    await service.stop();
    rmSync(pictures, { recursive: true, force: true, maxRetries: 5 });
  });

  it("an image job runs with sharp from its own node_modules, with progress and counts", async () => {
    const run = await service.run("image_thumbs", { folder: pictures, width: 40 });
    expect(run.state, run.cause).to.equal("succeeded");
    expect(run.records).to.deep.equal({ processed: 4, success: 4, failed: 0, skipped: 0 });
    expect(run.progress.percent).to.equal(100);
  });

  it("a batch job with a secret param and counts in the older spelling", async () => {
    const server = await startWebServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ members: [{ id: "u1", type: "member", email: "a@example.org" }], next: null }),
      );
    });
    try {
      const run = await service.run("batch_sync", {
        endpoint: `${server.url}/members`,
        token: "xoxb-secret-value",
      });
      expect(run.state, run.cause).to.equal("succeeded");
      expect(run.records.processed).to.equal(1);
      expect(JSON.stringify(run)).to.not.contain("xoxb-secret-value");
      expect(run.params.token).to.deep.equal({ secret: true });
    } finally {
      await server.close();
    }
  });

  it("a task with input and output schema: wrong input is 422 with a pointer, a wrong result is invalid_result", async () => {
    const good = await service.run("score_text", {
      documents: [{ id: "a", text: "The cat sat on the mat." }],
    });
    expect(good.state, good.cause).to.equal("succeeded");
    const wrong = await service.call("POST", "/jobs/score_text/runs", { params: { documents: [{ id: 1 }] } });
    expect(wrong.status).to.equal(422);
    expect(wrong.json.errors[0].pointer).to.contain("/params/documents");
    const broken = await service.run("score_text", {
      documents: [{ id: "a", text: "Hm." }],
      breakResult: true,
    });
    expect(broken.reason).to.equal("invalid_result");
  });
});
