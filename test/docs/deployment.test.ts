// docs/deployment.md: what needs neither a container engine nor a cluster runs here; the rest stands in the public workflow.
import { expect } from "chai";
import mysql from "mysql2/promise";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { helmProgram } from "../deploy/helm.ts";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";
import { ROOT } from "../support/service.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { follow } from "./follow.ts";

const FILE = "docs/deployment.md";
const WORKFLOW = ".github/workflows/deploy.yml";
/** As the page says it. */
const MOVED = "jobmount_moved";
const inContainers = (block: Block) => block.info === "sh container";

describe(FILE, () => {
  const available = mariadbAvailable();
  const dropMoved = async (): Promise<string> => {
    const { url } = await sharedMariadb();
    const connection = await mysql.createConnection(url);
    await connection.query(`DROP DATABASE IF EXISTS ${MOVED}`);
    await connection.query(`CREATE DATABASE ${MOVED} CHARACTER SET utf8mb4`);
    await connection.end();
    return url;
  };

  follow(FILE, {
    builds: false,
    files: ["helm"],
    elsewhere: inContainers,
    leftOut: ({ text }) => text.includes("mysql://") && !available,
    async replace(workspace): Promise<Record<string, string>> {
      const programs = join(workspace.folder, "programs");
      mkdirSync(programs);
      symlinkSync(helmProgram(), join(programs, "helm"));
      workspace.env["PATH"] = `${programs}:${workspace.env["PATH"]}`;
      // A service was there before, and its key was changed once.
      workspace.save("data/secret.key", `${"n".repeat(64)}\n${"o".repeat(64)}\n`);
      expect((await workspace.run("npx jobmount migrate up")).code).to.equal(0);
      if (!available) return {};
      const { hostname, port, username, password } = new URL(await dropMoved());
      return { "jobmount:secret@127.0.0.1:3306": `${username}:${password}@${hostname}:${port}` };
    },
  });

  it("shows nothing of containers that the public workflow does not run, word for word", () => {
    const run = new Set(
      readFileSync(join(ROOT, WORKFLOW), "utf8")
        .split("\n")
        .map((line) => line.trim()),
    );
    const shown = blocksOf(readFileSync(join(ROOT, FILE), "utf8"))
      .filter(inContainers)
      .flatMap(({ text }) => text.split("\n"));
    expect(shown.length).to.be.at.least(20);
    expect(shown.filter((line) => !run.has(line))).to.deep.equal([]);
  });

  it("writes what holds secrets into the closed folder beside the checkout alone, and closes it first", () => {
    const blocks = blocksOf(readFileSync(join(ROOT, FILE), "utf8"));
    const writing = blocks.filter(({ text }) => /(?<!\S)> |docker cp/.test(text));
    expect(writing.length).to.be.at.least(6);
    let closed = 0;
    for (const { text } of blocks) {
      const host = text.replaceAll(/'[^']*'/g, "").replaceAll(/\$\([^)]*\)/g, "");
      for (const [, path] of host.matchAll(/(?<!\S)> (\S+)/g))
        expect(path).to.match(/^\.\.\/(jobmount-backup\/|jobmount\.yaml$)/);
      const first = text.indexOf("> ../jobmount-backup/");
      if (text.includes("umask 077 && mkdir -p ../jobmount-backup")) {
        closed++;
        if (first >= 0) expect(text.indexOf("umask 077 && mkdir -p")).to.be.below(first);
      }
    }
    expect(closed).to.be.at.least(6);
  });
});
