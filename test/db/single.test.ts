// A5: one service at a time on an SQLite file, held by a lock that the kernel frees.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { holdSingle } from "../../src/db/single.ts";
import { ExpectedError } from "../../src/errors.ts";
import { eventually } from "../support/eventually.ts";

const HOLDER = `
  import { holdSingle } from ${JSON.stringify(new URL("../../src/db/single.ts", import.meta.url).href)};
  holdSingle(process.argv[1]);
  process.stdout.write("held");
  setInterval(() => {}, 1000);
`;

function refusal(path: string): ExpectedError {
  try {
    holdSingle(path).release();
  } catch (error) {
    if (error instanceof ExpectedError) return error;
    throw error;
  }
  throw new Error("the second holder was let in");
}

describe("one service at a time on an SQLite file (A5)", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "jobmount-single-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("refuses a second holder with a 409 that names the file, why, and the process", () => {
    const path = join(folder, "data", "jobmount.db");
    const hold = holdSingle(path);
    const error = refusal(path);
    hold.release();
    expect(error.status).to.equal(409);
    expect(error.code).to.equal("database_in_use");
    expect(error.message)
      .to.contain(path)
      .and.contain(`pid ${process.pid}`)
      .and.contain("one service at a time");
  });

  it("lets the next one in after release, which may be called twice", () => {
    const path = join(folder, "jobmount.db");
    const hold = holdSingle(path);
    hold.release();
    hold.release();
    expect(existsSync(`${path}.pid`)).to.equal(false);
    holdSingle(path).release();
  });

  it("does not disturb whoever holds it, however often others are refused", () => {
    const path = join(folder, "jobmount.db");
    const hold = holdSingle(path);
    for (let i = 0; i < 3; i++) refusal(path);
    expect(readFileSync(`${path}.pid`, "utf8")).to.equal(`${process.pid}\n`);
    hold.release();
  });

  it("says so without a pid when none can be read", () => {
    const path = join(folder, "jobmount.db");
    const hold = holdSingle(path);
    for (const content of ["", "rubbish", "-1"]) {
      writeFileSync(`${path}.pid`, content);
      expect(refusal(path).message).to.contain("another Jobmount process,").and.not.contain("pid");
    }
    rmSync(`${path}.pid`);
    expect(refusal(path).message).to.contain("another Jobmount process,");
    hold.release();
  });

  it("takes two names of one file for one file", () => {
    const path = join(folder, "jobmount.db");
    writeFileSync(path, "");
    symlinkSync(path, join(folder, "other.db"));
    symlinkSync(folder, join(folder, "folder"));
    const hold = holdSingle(path);
    refusal(join(folder, "other.db"));
    refusal(join(folder, "folder", "jobmount.db"));
    hold.release();
  });

  it("is free again at once when its holder is killed with -9", async () => {
    const path = join(folder, "jobmount.db");
    const holder = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", HOLDER, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    expect(refusal(path).message).to.contain(`pid ${holder.pid}`);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    const hold = await eventually(() => holdSingle(path), 1_000);
    hold.release();
  });

  it("says what to do when the lock file cannot be made", () => {
    const path = join(folder, "file");
    writeFileSync(path, "");
    let thrown: unknown;
    try {
      holdSingle(join(path, "below", "jobmount.db"));
    } catch (error) {
      thrown = error;
    }
    expect(thrown)
      .to.be.instanceOf(ExpectedError)
      .with.property("message")
      .that.contains("TASK_DATABASE_URL");
  });
});
