// The alert rules as Prometheus itself reads them (promtool), over what the service's own metrics say minute by minute.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Metrics } from "../../src/app/metrics.ts";
import type { TaskTimes } from "../../src/app/task-times.ts";
import { ROOT } from "../support/service.ts";

const RULES = join(ROOT, "docs", "alerts.yaml");
const LABELS = { job: "jobmount", instance: "a:3000" };

/** What one process tells; `task` is there from its first scrape on. */
class Told {
  now = 0;
  readonly skipped = new Map<string, number>();
  task: TaskTimes = { source: "default", jobKey: "nightly", lastSuccessAt: null, dueAt: null };
  readonly #metrics = new Metrics({
    running: () => 0,
    queued: () => Promise.resolve(0),
    loadErrors: () => [],
    skipped: () => Promise.resolve(this.skipped),
    tasks: () => Promise.resolve([this.task]),
    beatAgeMs: () => 0,
  });
  readonly #scrapes: string[] = [];

  ends(state: "succeeded" | "failed"): void {
    const records = { processed: 0, success: 0, failed: 0, skipped: 0 };
    const { source, jobKey } = this.task;
    this.#metrics.ended({ source, jobKey, trigger: "schedule", state, records, finishedAt: this.now });
  }

  /** Scrapes every minute. */
  async minutes(n: number): Promise<void> {
    for (let i = 0; i < n; i++, this.now += 60_000) this.#scrapes.push(await this.#metrics.text());
  }

  /** As the tests of promtool take them. */
  series(): { series: string; values: string }[] {
    const all = new Map<string, string[]>();
    for (const [i, text] of this.#scrapes.entries()) {
      for (const [, name, labels = "", value] of text.matchAll(/^(jobmount_\w+)(?:\{(.*)\})? (\S+)$/gm)) {
        const own = Object.entries(LABELS).map(([key, one]) => `${key}="${one}"`);
        const series = `${name}{${[labels, ...own].filter(Boolean).join(",")}}`;
        const values = all.get(series) ?? Array<string>(i).fill("_");
        all.set(series, [...values, value!]);
      }
    }
    const values = [...all].map(([series, list]) => ({ series, values: list.join(" ") }));
    return [...values, { series: 'up{job="jobmount"}', values: `1x${this.#scrapes.length}` }];
  }
}

describe("the alert rules", function () {
  this.timeout(30_000);
  before(() => {
    if (spawnSync("promtool", ["--version"]).error)
      throw new Error("promtool is not here: apt-get install --no-install-recommends prometheus");
  });

  /** The tasks or reasons of which it alerts at a minute. */
  function alerts(told: Told, alertname: string, minute: number, expected: object[]): void {
    const folder = mkdtempSync(join(tmpdir(), "jobmount-alerts-"));
    const file = join(folder, "test.yaml");
    const alert = { eval_time: `${minute}m`, alertname, exp_alerts: expected };
    const test = { interval: "1m", input_series: told.series(), alert_rule_test: [alert] };
    writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: "1m", tests: [test] }));
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(status, `${alertname} at minute ${minute}: ${stdout}${stderr}`).to.equal(0);
  }
  const alert = (labels: object, summary: string) => ({
    exp_labels: labels,
    exp_annotations: { summary },
  });
  const NIGHTLY = { source: "default", task: "nightly" };

  it("are read by Prometheus, and the chart has the same", () => {
    const { status, stderr } = spawnSync("promtool", ["check", "rules", RULES], { encoding: "utf8" });
    expect(status, stderr).to.equal(0);
    expect(readFileSync(join(ROOT, "helm", "alerts.yaml"), "utf8")).to.equal(readFileSync(RULES, "utf8"));
  });

  it("one failure of a nightly job alerts, whether the service was young or old, and is over after an hour", async () => {
    const failed = [alert(NIGHTLY, "Failed runs of nightly (default) within an hour: 1")];
    const young = new Told();
    await young.minutes(2);
    young.ends("failed");
    await young.minutes(3);
    alerts(young, "JobmountRunsFail", 4, failed);
    alerts(young, "JobmountRunsFail", 1, []);
    const born = new Told();
    born.ends("failed");
    await born.minutes(3);
    alerts(born, "JobmountRunsFail", 2, failed);
    const old = new Told();
    await old.minutes(200);
    old.ends("failed");
    await old.minutes(100);
    alerts(old, "JobmountRunsFail", 190, []);
    alerts(old, "JobmountRunsFail", 210, failed);
    alerts(old, "JobmountRunsFail", 290, []);
    const fine = new Told();
    await fine.minutes(5);
    fine.ends("succeeded");
    await fine.minutes(5);
    alerts(fine, "JobmountRunsFail", 9, []);
  });

  it("a task alerts from one hour after it was to have succeeded until it does", async () => {
    const told = new Told();
    told.task = { ...told.task, dueAt: 10 * 60_000 };
    await told.minutes(90);
    told.task = { ...told.task, dueAt: 24 * 3_600_000 };
    await told.minutes(10);
    alerts(told, "JobmountTaskOverdue", 70, []);
    alerts(told, "JobmountTaskOverdue", 80, [
      alert(NIGHTLY, "nightly (default) should have succeeded 1h 10m 0s ago"),
    ]);
    alerts(told, "JobmountTaskOverdue", 95, []);
  });

  it("a fire that was missed while nothing ran alerts, one that was left out as asked does not", async () => {
    const told = new Told();
    told.skipped.set("missed", 1).set("asked", 5).set("paused", 5);
    await told.minutes(5);
    alerts(told, "JobmountFiresSkipped", 4, [
      alert({ reason: "missed" }, "Fires left out within an hour (missed): 1"),
    ]);
  });
});
