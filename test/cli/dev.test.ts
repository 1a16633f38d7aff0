// `jobmount dev` on a real terminal: its lines, its code frames and its keys.
import { expect } from "chai";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { tempFolder } from "./jobmount.ts";
import { type OnTerminal, startOnTerminal } from "./pty.ts";

const PATIENCE_MS = 30_000;

describe("jobmount dev on a terminal", function () {
  this.timeout(120_000);
  const cwd = tempFolder();
  const running = new Set<OnTerminal>();
  after(() => {
    for (const one of running) process.kill(one.pid, "SIGKILL");
  });

  const save = (key: string, text: string): void => {
    mkdirSync(join(cwd, "tasks", key), { recursive: true });
    writeFileSync(join(cwd, "tasks", key, "job.ts"), text);
  };
  const job = (name: string, more: string, body: string) =>
    `import { defineJob } from "jobmount";\nexport class Job extends defineJob({ name: "${name}"${more} }) {\n  execute() { ${body} }\n}\n`;
  const start = (): OnTerminal => {
    const dev = startOnTerminal(["dev", "tasks"], { cwd, env: { PORT: "0" } });
    running.add(dev);
    void dev.ended.then(() => running.delete(dev));
    return dev;
  };
  const shows = (dev: OnTerminal, what: RegExp, from = 0): Promise<unknown> =>
    eventually(() => what.test(dev.output.slice(from)), PATIENCE_MS).catch((error: Error) => {
      throw new Error(`${error.message}: ${what}\n${dev.output.slice(from)}`);
    });
  const ready = (dev: OnTerminal) => shows(dev, /Keys: r run, s schedules, o open, q quit\./);

  it("r runs the job that was saved last: asks for what it needs, shows its log, and asks no second time", async () => {
    save("one", job("One", "", 'this.log.info("one ran");'));
    save(
      "two",
      job(
        "Two",
        ', requiredParams: { who: { type: "string" }, key: { type: "password" } }',
        'this.log.info("hello " + this.params.who);',
      ),
    );
    const dev = start();
    await ready(dev);
    dev.type("r");
    await shows(dev, /1 {2}one\n +2 {2}two\n[^]*Run which one \(number or key\): /);
    dev.type("2\r");
    await shows(dev, /who: $/);
    dev.type("Ada\r");
    await shows(dev, /key: $/);
    dev.type("hunter2hunter2\r");
    await shows(dev, /info {2}hello Ada/);
    await shows(dev, /run two succeeded/);
    let from = dev.output.length;
    save(
      "two",
      job(
        "Two",
        ', requiredParams: { who: { type: "string" }, key: { type: "password" } }',
        'this.log.info("good day " + this.params.who);',
      ),
    );
    await shows(dev, /loaded two/, from);
    dev.type("r");
    await shows(dev, /info {2}good day Ada/, from);
    await shows(dev, /run two succeeded/, from);
    expect(dev.output.slice(from)).not.to.contain("who:");
    expect(dev.output, "a secret is not echoed").not.to.contain("hunter2");

    from = dev.output.length;
    save("two", "export class Job {\n  this is wrong\n");
    await shows(
      dev,
      /error two does not load; version [0-9a-f]{7} still serves\n {2}syntax two\/job\.ts:2:\d+ [^]*> 2 \| {3}this is wrong/,
      from,
    );
    dev.type("r");
    await shows(dev, /good day Ada/, from);

    from = dev.output.length;
    save("two", job("Two", ', optionalParams: { size: { type: "integer" } }', 'throw new Error("broke");'));
    await shows(
      dev,
      /params two key: is not declared any more; size: optional, integer; who: is not declared/,
      from,
    );
    await shows(dev, /loaded two/, from);
    dev.type("r");
    await shows(dev, /run two failed \(error\)[^]*broke/, from);
    dev.type("q");
    expect(await dev.ended).to.equal(0);
  });

  it("keys work while a run goes on: s answers, q ends", async () => {
    const dev = start();
    await ready(dev);
    let from = dev.output.length;
    const waits = `this.log.info("waits now");
    const timer = setInterval(() => undefined, 1_000);
    return new Promise((_, end) => this.signal.addEventListener("abort", () => (clearInterval(timer), end(this.signal.reason))));`;
    save("waits", job("Waits", "", waits));
    await shows(dev, /loaded waits/, from);
    dev.type("r");
    await shows(dev, /info {2}waits now/, from);
    from = dev.output.length;
    dev.type("s");
    await shows(dev, /Schedules fire now\./, from);
    expect(dev.output.slice(from)).not.to.match(/run waits (succeeded|failed)/);
    dev.type("q");
    expect(await dev.ended).to.equal(0);
  });

  it("s lets schedules fire and stops them again; o prints a link that works; Ctrl-C ends it", async () => {
    save("tick", job("Tick", ', schedules: [{ every: "1s" }]', 'this.log.info("tick");'));
    const dev = start();
    await ready(dev);
    const url = await eventually(() => /listens on (http:\/\/\S+)/.exec(dev.output)?.[1], PATIENCE_MS);
    dev.type("o");
    await shows(dev, /\/sign-in\?code=\S+\n/);
    const link = /(http:\/\/\S+\/sign-in\?code=\S+)/.exec(dev.output)![1]!;
    const signedIn = await fetch(link, { method: "POST", headers: { accept: "application/json" } });
    expect(signedIn.status).to.equal(200);
    const { token } = (await signedIn.json()) as { token: string };
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const made = await fetch(`${url}/api/v1/schedules`, {
      method: "POST",
      headers,
      body: JSON.stringify({ job: "tick", every: "1s" }),
    });
    expect(made.status).to.equal(201);
    const ran = () => (dev.output.match(/run tick succeeded/g) ?? []).length;
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    // It is due each second.
    await pause(3_000);
    expect(ran(), "fires that nobody asked for").to.equal(0);
    let from = dev.output.length;
    dev.type("s");
    await shows(dev, /Schedules fire now\.\n {2}tick {2}.*next /, from);
    await eventually(() => ran() >= 2, PATIENCE_MS);
    from = dev.output.length;
    dev.type("s");
    await shows(dev, /Schedules do not fire any more\./, from);
    // One that had begun may still end.
    await pause(1_000);
    const before = ran();
    await pause(3_000);
    expect(ran(), "fires after they were stopped").to.equal(before);
    const ready2 = (await (await fetch(`${url}/readyz`)).json()) as {
      checks: { name: string; detail?: string }[];
    };
    expect(ready2.checks.find(({ name }) => name === "beat")?.detail).to.contain("do not fire");
    dev.type("x");
    dev.type("\u0003");
    expect(await dev.ended).to.equal(0);
  });

  it("without a terminal there are no keys, and nothing says so", async () => {
    const { startJobmount } = await import("./jobmount.ts");
    save("plain", job("Plain", "", ""));
    const dev = startJobmount(["dev", "tasks"], { cwd, env: { PORT: "0" } });
    await eventually(() => dev.stderr.includes("Ctrl-C ends."), PATIENCE_MS);
    expect(dev.stderr).not.to.contain("Keys:");
    writeFileSync(join(cwd, "tasks/my_task.ts"), job("Flat", "", ""));
    await eventually(
      () => /no job my_task\.ts\n {2}E102 .*\n {2}→ move it to my_task\/job\.ts/.test(dev.stderr),
      PATIENCE_MS,
    );
    renameSync(join(cwd, "tasks"), join(cwd, "away"));
    await eventually(
      () => /source source default is unavailable: .* does not exist/.test(dev.stderr),
      PATIENCE_MS,
    );
    renameSync(join(cwd, "away"), join(cwd, "tasks"));
    await eventually(() => /source source default is available\n/.test(dev.stderr), PATIENCE_MS);
    dev.child.kill("SIGTERM");
    expect((await dev.ended).code).to.equal(0);
  });
});
