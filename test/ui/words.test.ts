import { expect } from "chai";
import type { Change, HourStats, PlannedFire } from "../../ui/src/api/contract.ts";
import { touches } from "../../ui/src/api/stale.ts";
import { axisTop, barHeights } from "../../ui/src/words/bars.ts";
import { filterOf, sameFilter, withSaved } from "../../ui/src/words/filters.ts";
import { firstOfEach } from "../../ui/src/words/fires.ts";
import { frameLines } from "../../ui/src/words/frame.ts";
import { hourBars } from "../../ui/src/words/hours.ts";
import { declaredParams } from "../../ui/src/words/params.ts";
import { may } from "../../ui/src/words/roles.ts";
import { fromSearch, toggled, toSearch } from "../../ui/src/words/search.ts";
import { entryOf } from "../../ui/src/words/sign-in.ts";
import { steady } from "../../ui/src/words/steady.ts";
import { successText } from "../../ui/src/words/success.ts";
import * as time from "../../ui/src/words/time.ts";

const at = (text: string) => Date.parse(text);

describe("words of the page", () => {
  it("an instant names its zone, as it is called then", () => {
    expect(time.zoneName(at("2026-07-01T00:00:00Z"), "Europe/Berlin")).to.match(/^(CEST|GMT\+2)$/);
    expect(time.zoneName(at("2026-12-01T00:00:00Z"), "Europe/Berlin")).to.match(/^(CET|GMT\+1)$/);
    expect(time.zoneName(at("2026-12-01T00:00:00Z"), "America/New_York")).to.equal("EST");
    expect(time.zoneName(at("2026-12-01T00:00:00Z"), "Asia/Kolkata")).to.match(/^(IST|GMT\+5:30)$/);
    expect(time.zoneName(0, "UTC")).to.equal("UTC");
    // Names are kept by the quarter of an hour: a change of the clock begins a new one.
    const change = at("2026-03-29T01:00:00Z");
    const names = [change - 60_000, change, change - 1].map((one) => time.zoneName(one, "Europe/Berlin"));
    expect(names[0]).to.equal(names[2]).and.not.to.equal(names[1]);
  });

  it("today has seconds and no date; another day its date, another year its year", () => {
    const now = at("2026-11-21T22:00:00Z");
    expect(time.clockText(at("2026-11-21T21:30:05Z"), "UTC", now)).to.equal("21:30:05");
    expect(time.clockText(at("2026-11-20T21:30:05Z"), "UTC", now)).to.equal("20 Nov 21:30");
    expect(time.clockText(at("2025-11-20T21:30:05Z"), "UTC", now)).to.equal("20 Nov 2025 21:30");
    // It is tomorrow there already.
    expect(time.clockText(at("2026-11-21T23:30:00Z"), "Europe/Berlin", now)).to.equal("22 Nov 00:30");
    expect(time.fullText(at("2026-11-21T21:30:05Z"), "UTC")).to.equal("Sat, 21 Nov 2026, 21:30:05 UTC");
  });

  it("a zone that the browser does not know is UTC, and every time says so", () => {
    const [instant, zone] = [at("2026-11-21T21:30:05Z"), "Mars/Olympus_Mons"];
    expect(time.zoneName(instant, zone)).to.equal("UTC, not Mars/Olympus_Mons");
    expect(time.clockText(instant, zone, instant)).to.equal("21:30:05");
    expect(time.fullText(instant, zone)).to.equal("Sat, 21 Nov 2026, 21:30:05 UTC, not Mars/Olympus_Mons");
    expect(time.zoneName(instant, "Europe/Berlin")).not.to.contain("not");
  });

  it("durations, distances, bytes and counts", () => {
    const durations = [85, 4_250, 59_999, 185_000, 7_800_000, 273_600_000].map(time.durationText);
    expect(durations).to.deep.equal(["85 ms", "4.2 s", "59 s", "3m 05s", "2h 10m", "3d 4h"]);
    expect(time.relativeText(1_000_000, 1_000_500)).to.equal("now");
    expect(time.relativeText(1_000_000, 820_000)).to.equal("in 3 min");
    expect(time.relativeText(0, 7_300_000)).to.equal("2 h ago");
    expect([812, 90_211, 5_242_880].map(time.bytesText)).to.deep.equal(["812 B", "88.1 KiB", "5.0 MiB"]);
    expect([time.counted(1, "run"), time.counted(1_200, "run")]).to.deep.equal(["1 run", "1,200 runs"]);
    expect([0, 999, 1_000, 12_345_678].map(time.numberText)).to.deep.equal([
      "0",
      "999",
      "1,000",
      "12,345,678",
    ]);
  });

  it("a filter is an address that people can read, and comes back from it", () => {
    const fields = { state: "failed,skipped", job: "acme:billing.sync", text: "a & b", page: undefined };
    expect(toSearch(fields)).to.equal("?state=failed,skipped&job=acme:billing.sync&text=a%20%26%20b");
    expect(fromSearch(toSearch(fields))).to.deep.equal({
      state: "failed,skipped",
      job: "acme:billing.sync",
      text: "a & b",
    });
    expect(toggled("failed,skipped", "failed")).to.equal("skipped");
    expect(toggled("skipped", "skipped")).to.equal(undefined);
    expect(filterOf({ state: "failed", cursor: "x", tab: "y" })).to.deep.equal({ state: "failed" });
    expect(sameFilter({ state: "failed", cursor: "x" }, { state: "failed" })).to.equal(true);
    expect(sameFilter({ state: "failed" }, { state: "failed", job: "a" })).to.equal(false);
    const saved = withSaved([{ name: "mine", fields: { job: "a" } }], { name: "mine", fields: { job: "b" } });
    expect(saved).to.deep.equal([{ name: "mine", fields: { job: "b" } }]);
  });

  it("what is pasted to sign in: a token, the line of the first start, a link, a code", () => {
    expect(entryOf(" jbm_abc \n")).to.deep.equal({ kind: "token", token: "jbm_abc" });
    expect(entryOf("export JOBMOUNT_TOKEN=jbm_abc")).to.deep.equal({ kind: "token", token: "jbm_abc" });
    expect(entryOf("http://h:3000/x/sign-in?code=a%2Bb")).to.deep.equal({ kind: "code", code: "a+b" });
  });

  it("rows under the pointer stay where they are: new facts in old places, new rows counted", () => {
    const row = (id: string, state: string) => ({ id, state });
    const shown = [row("b", "running"), row("a", "queued")];
    const fresh = [row("c", "queued"), row("a", "running"), row("b", "succeeded")];
    expect(steady(shown, fresh, ({ id }) => id)).to.deep.equal({
      rows: [row("b", "succeeded"), row("a", "running")],
      waiting: 1,
    });
    expect(steady(shown, [], ({ id }) => id).rows, "what is gone stays as it was seen").to.deep.equal(shown);
  });

  it("a role leaves out what it may not do; what is about everything needs all sources", () => {
    expect(may({ role: "operator", sources: null }, "operator")).to.equal(true);
    expect(may({ role: "viewer", sources: null }, "operator")).to.equal(false);
    expect(may({ role: "admin", sources: ["acme"] }, "operator", true)).to.equal(false);
  });

  it("bars: small ones are seen, the axis ends at a round number", () => {
    expect(barHeights([{ durationMs: 1 }, { durationMs: 10_000 }, { durationMs: null }], 24)).to.deep.equal([
      4, 17, 4,
    ]);
    expect([0, 7, 34, 1_001].map((value) => axisTop([value]))).to.deep.equal([1, 10, 50, 2_000]);
    const hours = {
      since: "",
      partial: false,
      hours: [{ at: "2026-11-21T22:00:00.000Z", runs: { succeeded: 3, failed: 1, queued: 2 } }],
    };
    expect(hourBars(hours as HourStats)).to.deep.equal([
      {
        at: "2026-11-21T22:00:00.000Z",
        until: "2026-11-21T23:00:00.000Z",
        succeeded: 3,
        failed: 1,
        other: 2,
        total: 6,
      },
    ]);
  });

  it("how many succeeded leaves out what says nothing of the job, and rounds down", () => {
    const runs = (...states: string[]) =>
      states.map((state) => ({ state })) as Parameters<typeof successText>[0];
    expect(successText(runs("succeeded", "succeeded", "failed", "skipped", "cancelled"))).to.equal("66 %");
    expect(successText(runs("skipped", "running"))).to.equal("–");
  });

  it("one schedule that is due every second does not hide the others", () => {
    const fires = ["a", "a", "b", "a", "c"].map((schedule) => ({ schedule })) as PlannedFire[];
    expect(firstOfEach(fires, 2).map(({ schedule }) => schedule)).to.deep.equal(["a", "b"]);
  });

  it("a code frame marks the line that is meant and its caret", () => {
    const lines = frameLines("  1 | good\n> 2 | bad(\n    |    ^\n  3 | good");
    expect(lines.map(({ bad }) => bad)).to.deep.equal([false, true, true, false]);
  });

  it("declared params: required first, secrets without a default, rules in words", () => {
    const [token, kinds] = declaredParams({
      requiredParams: { token: { type: "password", label: "Bot token" } },
      optionalParams: {
        kinds: { type: "select", options: ["a", "b"], multiple: true, default: ["a"], max: 3 },
      },
    });
    expect(token).to.deep.include({
      label: "Bot token",
      required: true,
      secret: true,
      fallback: null,
      rules: ["secret"],
    });
    expect(kinds).to.deep.include({
      label: "kinds",
      type: "select, several",
      fallback: '["a"]',
      rules: ["a | b", "at most 3"],
    });
  });
});

describe("which reads a change makes stale", () => {
  const run: Change = { kind: "run", source: "default", id: "run_1", job: "billing.sync", state: "failed" };
  const job: Change = { kind: "job", source: "default", id: "billing.sync", state: "loaded" };
  const schedule: Change = { kind: "schedule", source: "default", id: "sch_1", state: "changed" };
  const table: [Change, string, boolean][] = [
    [run, "/runs", true],
    [run, "/runs/run_1", true],
    [run, "/runs/run_2", false],
    [run, "/jobs", true],
    [run, "/jobs/default%3Abilling.sync", true],
    [run, "/jobs/default%3Abilling.sync/stats", true],
    [run, "/jobs/default%3Abilling.sync/versions", false],
    [run, "/jobs/acme%3Abilling.sync", false],
    [run, "/stats/hours", true],
    [run, "/tokens", false],
    [run, "/meta", false],
    // The jobs that a filter lists: what runs change of them is not shown there.
    [run, "/job-choices", false],
    [job, "/job-choices", true],
    [job, "/jobs/default%3Abilling.sync/versions", true],
    [job, "/jobs/other", false],
    [job, "/load-errors", true],
    [job, "/runs", false],
    [schedule, "/schedules/sch_1", true],
    [schedule, "/schedules/sch_2", false],
    [schedule, "/upcoming", true],
    [{ kind: "scheduler", source: null, id: null }, "/schedules/sch_2", true],
    [{ kind: "source", source: "acme", id: "acme" }, "/sources", true],
  ];
  for (const [change, path, expected] of table) {
    it(`${change.kind} ${change.id}: ${path} ${expected ? "is" : "is not"} stale`, () => {
      expect(touches([path.split("/")[1], path, {}], change)).to.equal(expected);
    });
  }
});
