// The ported image job, in a task directory far from this repository with sharp in its own node_modules.
import { expect } from "chai";
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import "../../src/sdk/index.ts";
import { copyPackage } from "../support/copy-package.ts";
import { runJob } from "./run-job.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/external_tasks/image_thumbs", import.meta.url));

describe("image_thumbs, an image job with progress and cancellation", () => {
  let home: string;
  let pictures: string;
  let dataDir: string;
  let Job: unknown;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), "jobmount-thumbs-"));
    const task = join(home, "external_tasks", "image_thumbs");
    await cp(FIXTURE, task, { recursive: true });
    await copyPackage("sharp", task);
    // A bundle finds the SDK of the process that runs it the same way.
    const sdk = join(home, "node_modules", "jobmount");
    await mkdir(sdk, { recursive: true });
    await writeFile(join(sdk, "package.json"), '{ "type": "module", "exports": "./index.js" }');
    await writeFile(
      join(sdk, "index.js"),
      'export const { defineJob, PermanentError, RetryLater } = globalThis[Symbol.for("jobmount.sdk")];',
    );
    const job = join(task, "job.ts");
    expect(
      createRequire(job)
        .resolve("sharp")
        .startsWith(join(task, "node_modules", "sharp")),
    ).to.be.true;
    ({ Job } = (await import(pathToFileURL(job).href)) as { Job: unknown });

    pictures = join(home, "pictures");
    dataDir = join(home, "data");
    await mkdir(pictures);
  });
  after(() => rm(home, { recursive: true, force: true }));

  beforeEach(async () => {
    await rm(dataDir, { recursive: true, force: true });
    for (const name of await readdir(pictures)) await rm(join(pictures, name));
  });

  const picture = (name: string, width: number, height: number) =>
    writeFile(
      join(pictures, name),
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="50%" height="100%" fill="teal"/></svg>`,
    );
  const thumbs = () => readdir(join(dataDir, "thumbs"));

  it("makes a small copy of each picture, tells its progress, and fails what is no picture", async () => {
    await picture("a.svg", 400, 200);
    await picture("b.svg", 100, 300);
    await writeFile(join(pictures, "c.txt"), "no picture");
    const ended = await runJob(Job, { dataDir, params: { folder: pictures, width: 200 } });
    expect(ended.thrown).to.be.undefined;
    expect(ended.counts).to.deep.equal({ processed: 3, success: 2, failed: 1, skipped: 0 });
    expect(ended.failed[0]!.key).to.equal("c.txt");
    expect(ended.failed[0]!.reason).to.match(/unsupported image format/);
    expect(ended.details["sizes"]).to.deep.equal({ "a.svg": "200x100", "b.svg": "100x300" });
    expect(ended.progress.map(({ message }) => message)).to.deep.equal(["a.svg", "b.svg", "c.txt"]);
    expect(ended.progress.at(-1)!.percent).to.equal(100);
    expect(await thumbs()).to.deep.equal(["a.webp", "b.webp"]);
    expect((await readFile(join(dataDir, "thumbs", "a.webp"))).subarray(8, 12).toString()).to.equal("WEBP");
  });

  it("X9: a cancel ends it between two pictures, and the counts so far are those of the files", async () => {
    for (let n = 0; n < 20; n++) await picture(`${String(n).padStart(2, "0")}.svg`, 64, 64);
    const controller = new AbortController();
    const ended = await runJob(Job, {
      dataDir,
      params: { folder: pictures, format: "png" },
      signal: controller.signal,
      on: (event) => {
        if (event.type === "progress" && event.percent >= 25)
          controller.abort(new Error("cancelled by hand"));
      },
    });
    expect(ended.thrown).to.have.property("message", "cancelled by hand");
    expect(ended.counts).to.deep.equal({ processed: 5, success: 5, failed: 0, skipped: 0 });
    expect(await thumbs()).to.have.length(5);
    await access(join(dataDir, "thumbs", "04.png"));
  });
});
