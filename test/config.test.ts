import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, type ConfigProblem, type Env, jobEnvironment, loadConfig } from "../src/config.ts";
import { configurationDoc, showConfig } from "../src/config/show.ts";

const cwd = "/srv/app";

function problemsOf(env: Env): ConfigProblem[] {
  try {
    loadConfig(env, { cwd });
  } catch (error) {
    if (error instanceof ConfigError) return [...error.problems];
    throw error;
  }
  return [];
}

function problemOf(env: Env): ConfigProblem {
  const problems = problemsOf(env);
  expect(problems).to.have.length(1);
  return problems[0]!;
}

describe("the configuration", () => {
  it("is complete without any variable, with absolute paths", () => {
    const { config, warnings } = loadConfig({}, { cwd });
    expect(config.sources).to.deep.equal([{ name: "default", path: "/srv/app/external_tasks" }]);
    expect(config.taskDatabase).to.deep.equal({
      kind: "sqlite",
      url: "sqlite:/srv/app/data/jobmount.db",
      path: "/srv/app/data/jobmount.db",
    });
    expect(config.dataDir).to.equal("/srv/app/data");
    expect(config.socketPath).to.equal("/srv/app/data/jobmount.sock");
    expect(config.filesDir).to.equal("/srv/app/data/files");
    expect(config).to.include({ host: "127.0.0.1", port: 3000, jobTimeoutMs: 3_600_000, leaseMs: 30_000 });
    expect(config.jobMemoryBytes).to.equal(512 * 1024 * 1024);
    expect(config.concurrency).to.be.at.least(4);
    expect(config.secretKeys).to.equal(null);
    expect(config.watch).to.deep.equal({ mode: "auto", intervalMs: 1000 });
    expect(warnings).to.deep.equal([]);
  });

  it("cannot be changed once it is read", () => {
    const { config } = loadConfig({}, { cwd });
    expect(() => Object.assign(config, { port: 1 })).to.throw(TypeError);
  });

  it("takes every kind of value as people write it", () => {
    const { config } = loadConfig(
      {
        EXTERNAL_TASKS_PATH: "billing=./b, shop=/mnt/shop",
        TASK_DATABASE_URL: "mariadb://user:pass@db:3307/jobs",
        JOBMOUNT_SECRET_KEY: `${"k".repeat(32)}, ${"o".repeat(40)}`,
        PORT: "0",
        JOBMOUNT_WATCH: "poll:250ms",
        JOBMOUNT_JOB_TIMEOUT: "500ms",
        JOBMOUNT_LOG_MAX: "64KiB",
        JOBMOUNT_PUBLIC_URL: "https://jobs.example.org/x/",
        JOBMOUNT_BASE_PATH: "/x/",
        JOBMOUNT_TRUSTED_PROXIES: "10.0.0.0/8, ::1",
      },
      { cwd },
    );
    expect(config.sources).to.deep.equal([
      { name: "billing", path: "/srv/app/b" },
      { name: "shop", path: "/mnt/shop" },
    ]);
    expect(config.taskDatabase).to.deep.equal({
      kind: "mysql",
      url: "mysql://user:pass@db:3307/jobs",
      path: null,
    });
    expect(config.dataDir).to.equal("/srv/app/data");
    expect(config.secretKeys).to.deep.equal(["k".repeat(32), "o".repeat(40)]);
    expect(config.watch).to.deep.equal({ mode: "poll", intervalMs: 250 });
    expect(config).to.include({ port: 0, jobTimeoutMs: 500, logMaxBytes: 65_536, basePath: "/x" });
    expect(config.publicUrl).to.equal("https://jobs.example.org/x");
    expect(config.trustedProxies).to.deep.equal(["10.0.0.0/8", "::1"]);
  });

  it("lists all problems at once, each with its value and what is allowed", () => {
    const problems = problemsOf({
      PORT: "70000",
      JOBMOUNT_JOB_TIMEOUT: "10",
      JOBMOUNT_TIME_ZONE: "Mars/Base",
    });
    expect(problems.map((problem) => problem.name)).to.deep.equal([
      "PORT",
      "JOBMOUNT_TIME_ZONE",
      "JOBMOUNT_JOB_TIMEOUT",
    ]);
    expect(problems[0]!.message).to.equal(
      '"70000" is not allowed; allowed is a whole number from 0 to 65535',
    );
    expect(problems[2]!.message).to.match(/"10" is not allowed; allowed is a duration such as 500ms/);
  });

  const wrong: Record<string, string[]> = {
    EXTERNAL_TASKS_PATH: [
      "a=/x,a=/y",
      "a=/x,b=/x",
      "a=/x,b=/x/acme",
      "a=/x/acme,b=/x",
      "a=/x,/y",
      "Big=/x,b=/y",
      "builtin=/x,b=/y",
    ],
    TASK_DATABASE_URL: [
      "./jobs.db",
      "sqlite::memory:",
      "sqlite:",
      "postgres://u:p@h/db",
      "mysql://h/db",
      "mysql://u:p@h",
    ],
    HOST: ["0.0.0.0:80", "a b"],
    PORT: ["-1", "3000.5", "http"],
    JOBMOUNT_CONCURRENCY: ["0", "many"],
    JOBMOUNT_SECRET_KEY: ["short", ",", `${"k".repeat(32)},short`, `${"k".repeat(32)} ${"o".repeat(32)}`],
    JOBMOUNT_ADMIN_TOKEN: ["too-short"],
    JOBMOUNT_TIME_ZONE: ["+02:00", "CEST2"],
    JOBMOUNT_WATCH: ["sometimes", "poll:1ms"],
    JOBMOUNT_JOB_TIMEOUT: ["1.5h", "25d", "0s"],
    JOBMOUNT_JOB_MEMORY: ["512", "512MB", "1B"],
    JOBMOUNT_LOG_LEVEL: ["trace", "INFO"],
    JOBMOUNT_PUBLIC_URL: ["jobs.example.org", "ftp://x"],
    JOBMOUNT_BASE_PATH: ["x", "/a b"],
    JOBMOUNT_TRUSTED_PROXIES: ["10.0.0.0/33", "proxy"],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      it(`refuses ${name}=${value}`, () => {
        expect(problemOf({ [name]: value }).name).to.equal(name);
      });
    }
  }

  it("wants a key for secrets when several processes share a MySQL", () => {
    const problem = problemOf({ TASK_DATABASE_URL: "mysql://u:p@h/db" });
    expect(problem.name).to.equal("JOBMOUNT_SECRET_KEY");
    expect(problem.message).to.include("openssl rand -hex 32");
  });

  it("wants a lease of at least three heartbeats", () => {
    expect(problemOf({ JOBMOUNT_HEARTBEAT: "20s" }).name).to.equal("JOBMOUNT_LEASE");
  });

  it("L3: never shows a secret in a problem, also of an address that is wrong", () => {
    const secrets = { JOBMOUNT_ADMIN_TOKEN: "hunter22", JOBMOUNT_SECRET_KEY: "hunter22" };
    expect(JSON.stringify(problemsOf(secrets))).not.to.include("hunter22");
    for (const url of [
      "mysql://u:hunter22@h",
      "mysql://u:hun@hunter22@h",
      "mysql://u:x/hunter22@h/d/e",
      "u:hunter22@h/db",
      "mysql:u:hunter22@h/db",
    ]) {
      const problem = problemOf({ TASK_DATABASE_URL: url });
      expect(JSON.stringify(problem), url).not.to.include("hunter22");
    }
  });

  describe("from files", () => {
    const folder = mkdtempSync(join(tmpdir(), "jobmount-config-"));
    after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "token");
    writeFileSync(file, `${"t".repeat(32)}\n`);

    it("reads NAME_FILE without the newline at its end", () => {
      const loaded = loadConfig({ JOBMOUNT_ADMIN_TOKEN_FILE: file }, { cwd });
      expect(loaded.config.adminToken).to.equal("t".repeat(32));
      expect(loaded.origins.adminToken).to.equal("JOBMOUNT_ADMIN_TOKEN_FILE");
    });

    it("refuses NAME and NAME_FILE together, and takes an empty NAME for not set", () => {
      const both = { JOBMOUNT_ADMIN_TOKEN: "x".repeat(32), JOBMOUNT_ADMIN_TOKEN_FILE: file };
      expect(problemOf(both).message).to.equal(
        "both JOBMOUNT_ADMIN_TOKEN and JOBMOUNT_ADMIN_TOKEN_FILE are set; set one of them",
      );
      expect(problemsOf({ ...both, JOBMOUNT_ADMIN_TOKEN: "" })).to.deep.equal([]);
    });

    it("names the file that is not there", () => {
      const problem = problemOf({ PORT_FILE: join(folder, "absent") });
      expect(problem.name).to.equal("PORT_FILE");
      expect(problem.message).to.include(join(folder, "absent")).and.to.include("cannot be read");
    });

    it("L3: says that a wrong value came from a file, and never what the file holds", () => {
      const problem = problemOf({ PORT_FILE: file });
      expect(problem.message).to.include("what the file of PORT_FILE holds is not allowed");
      expect(JSON.stringify(problem)).not.to.include("tttt");
    });
  });

  it("warns about an unknown JOBMOUNT_ name with the nearest one, and about a slip in a long name", () => {
    const { warnings } = loadConfig(
      { JOBMOUNT_CONCURENCY: "3", EXTERNAL_TASK_PATH: "/x", JOBMOUNT_QQQQQQQQQQQQQQQQQQQQ: "1", HOSTS: "h" },
      { cwd },
    );
    expect(warnings).to.deep.equal([
      "EXTERNAL_TASK_PATH is not a setting and is ignored; did you mean EXTERNAL_TASKS_PATH?",
      "JOBMOUNT_CONCURENCY is not a setting and is ignored; did you mean JOBMOUNT_CONCURRENCY?",
      "JOBMOUNT_QQQQQQQQQQQQQQQQQQQQ is not a setting and is ignored",
    ]);
  });

  it("L3: is shown with secrets and passwords masked, and with where each value came from", () => {
    const shown = showConfig(
      loadConfig(
        {
          JOBMOUNT_ADMIN_TOKEN: "hunter22".repeat(4),
          JOBMOUNT_SECRET_KEY: "hunter22".repeat(4),
          DATA_DATABASE_URL: "mysql://u:hunter22@h/db",
          JOBMOUNT_JOB_TIMEOUT: "90s",
        },
        { cwd },
      ),
    );
    expect(JSON.stringify(shown)).not.to.include("hunter22");
    const row = (name: string) => shown.find((one) => one.name === name);
    expect(row("DATA_DATABASE_URL")?.value).to.equal("mysql://u:***@h/db");
    expect(row("JOBMOUNT_JOB_TIMEOUT")).to.deep.equal({
      name: "JOBMOUNT_JOB_TIMEOUT",
      value: "1m 30s",
      from: "JOBMOUNT_JOB_TIMEOUT",
    });
    expect(row("PORT")).to.deep.equal({ name: "PORT", value: "3000", from: "default" });
    expect(row("EXTERNAL_TASKS_PATH")?.value).to.equal("default=/srv/app/external_tasks");
  });

  it("L3: gives a job what it declared of the environment, and never a setting of the service", () => {
    const env = {
      GREETING: "hello",
      JOBMOUNT_SECRET_KEY: "k".repeat(32),
      TASK_DATABASE_URL: "sqlite:./x.db",
    };
    const names = ["GREETING", "ABSENT", "DATA_DATABASE_URL", "JOBMOUNT_SECRET_KEY", "TASK_DATABASE_URL"];
    const { config } = loadConfig(env, { cwd });
    expect(jobEnvironment(config, env, [...names, "JOBMOUNT_SECRET_KEY_FILE"])).to.deep.equal({
      GREETING: "hello",
      DATA_DATABASE_URL: "sqlite:/srv/app/data/data.db",
    });
  });

  it("is documented by the page that its own table makes", () => {
    const page = readFileSync(new URL("../docs/configuration.md", import.meta.url), "utf8");
    expect(page).to.equal(configurationDoc());
  });
});
