// What the Dockerfile says, held to what an operator must be able to rely on; that it works is shown by image.test.ts.
import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/config.ts";
import { ROOT } from "../support/service.ts";
import { environmentOf, last, readDockerfile, wholeStage, words } from "./dockerfile.ts";

const { args, stages } = readDockerfile(join(ROOT, "Dockerfile"));
const image = wholeStage(stages, "jobmount");
const text = (name: string) => image.filter((one) => one.name === name).map((one) => one.text);

describe("Dockerfile", () => {
  it("ends with the stage that has no way to another user; the variant starts as root", () => {
    expect(stages.at(-1)!.name).to.equal("jobmount");
    expect(last(image, "USER")).to.match(/^[1-9]\d{4}:[1-9]\d{4}$/);
    const variant = wholeStage(stages, "job-user");
    expect(last(variant, "USER")).to.equal("0:0");
    expect(environmentOf(variant)["JOBMOUNT_JOB_USER"]).to.match(/^[1-9]\d{4}:[1-9]\d{4}$/);
    expect(environmentOf(variant)["JOBMOUNT_JOB_USER"]).not.to.equal(last(image, "USER"));
  });

  it("is made on Node 24 and Debian slim, in stages, the lockfile first and no script of a package run", () => {
    expect(args.map((one) => one.text)).to.deep.equal(["NODE_IMAGE=node:24-bookworm-slim"]);
    for (const name of ["packages", "build"]) {
      const { from, instructions } = stages.find((one) => one.name === name)!;
      expect(from).to.equal("${NODE_IMAGE}");
      const [copied, install] = instructions.filter((one) => one.name === "COPY" || one.name === "RUN");
      expect(copied!.text).to.equal("package.json package-lock.json .npmrc ./");
      expect(install!.text).to.match(/^npm ci .*--ignore-scripts/);
    }
    expect(last(stages.find((one) => one.name === "packages")!.instructions, "RUN")).to.include("--omit=dev");
  });

  it("has neither compiler nor development packages in its last stage, and takes nothing from this folder there", () => {
    const installed = /apt-get install --yes --no-install-recommends ([^&]+)/.exec(
      text("RUN").join("\n"),
    )![1]!;
    expect(installed.trim().split(" ").sort()).to.deep.equal(["ca-certificates", "tini", "util-linux"]);
    expect(text("COPY").map((copy) => copy.split(" ")[0])).to.deep.equal(["--from=packages", "--from=build"]);
    expect(text("ADD")).to.deep.equal([]);
  });

  it("runs under tini, is asked by its own command whether it is ready, and stops by SIGTERM", () => {
    expect(words(image, "ENTRYPOINT")).to.deep.equal(["/usr/local/lib/jobmount/tini", "--", "jobmount"]);
    expect(words(image, "CMD")).to.deep.equal(["start"]);
    expect(last(image, "STOPSIGNAL")).to.equal("SIGTERM");
    expect(last(image, "HEALTHCHECK")).to.match(/CMD \["jobmount", "doctor", "--ready"\]$/);
    expect(last(image, "LABEL")).to.match(/opencontainers\.image\.title.*version.*revision/);
    for (const stage of ["jobmount", "job-user"])
      expect(JSON.parse(last(wholeStage(stages, stage), "VOLUME")!)).to.deep.equal(["/data", "/tmp"]);
  });

  it("sets nothing that the service does not know, and no secret", () => {
    const env = environmentOf(image);
    const { config, warnings } = loadConfig(env, { cwd: last(image, "WORKDIR") });
    expect(warnings).to.deep.equal([]);
    expect(config.host).to.equal("0.0.0.0");
    expect(config.logFormat).to.equal("json");
    expect(config.dataDir).to.equal("/data");
    expect(
      loadConfig(
        { ...env, TASK_DATABASE_URL: "mysql://u:p@db/j", JOBMOUNT_SECRET_KEY: "k".repeat(32) },
        { cwd: last(image, "WORKDIR") },
      ).config.dataDir,
      "also with a server, whose working files lie in ./data",
    ).to.equal("/data");
    expect(Object.keys(env).filter((name) => /KEY|TOKEN|PASSWORD/.test(name))).to.deep.equal([]);
  });

  it("copies what is there, and .dockerignore lets in what it copies and nothing else", () => {
    const rules = readFileSync(join(ROOT, ".dockerignore"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(rules[0]).to.equal("*");
    const letIn = rules.filter((rule) => rule.startsWith("!")).map((rule) => rule.slice(1));
    const copied = stages
      .flatMap((stage) => stage.instructions)
      .filter((one) => one.name === "COPY" && !one.text.startsWith("--from"))
      .flatMap((one) => one.text.split(" ").slice(0, -1));
    expect([...new Set(copied)].sort()).to.deep.equal([...letIn].sort());
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
    expect(rules).to.include.members(["**/node_modules", "**/.env*", "**/*.db", "**/secret.key"]);
  });
});
