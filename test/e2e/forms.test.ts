// Forms in a real browser: what is typed stays, only what was changed is sent, and nothing begins unasked.
import { expect } from "chai";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const MERGE_PATCH = { "if-match": "*", "content-type": "application/merge-patch+json" };
const SECRET = "hunter2-hunter2";

(browserAvailable() ? describe : describe.skip)("a form of the page", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["echo", "counts", "noop"], env: { JOBMOUNT_CONCURRENCY: "4" } }),
      launchBrowser(),
    ]);
    visitor = await Visitor.at(browser, service, { token: service.token });
    page = visitor.page;
  });
  after(async () => {
    await visitor?.leave();
    await browser?.close();
    await service?.stop();
  });
  afterEach(() => expect(visitor.faults.splice(0)).to.deep.equal([]));

  const dialog = () => page.getByRole("dialog");
  const later = () => page.getByLabel(/^Later by up to/);
  const made = async (body: object): Promise<Json> => (await service.call("POST", "/schedules", body)).json;
  const nightly = (more: object = {}) =>
    made({ job: "echo", cron: "30 2 * * *", params: { text: "hello", integer: 1 }, ...more });
  const bodyOf = async (method: string, act: () => Promise<void>): Promise<Json> => {
    const asked = page.waitForRequest((request) => request.method() === method);
    await act();
    return (await asked).postDataJSON() as Json;
  };
  /** Saves the job anew, and waits until that is what serves. */
  const edit = async (job: string, change: (code: string) => string) => {
    const hash = async () => (await service.get(`/jobs/${job}`)).json.version.hash as string;
    const before = await hash();
    const file = join(service.tasks, job, "job.ts");
    const code = readFileSync(file, "utf8");
    writeFileSync(file, change(code));
    await eventually(async () => (await hash()) !== before || undefined, 20_000);
    return () => writeFileSync(file, code);
  };

  it("opens with nothing to save, and a change of the name sends the name alone", async () => {
    // The default is saved, as a form of an earlier time or REST may have it.
    const schedule = await nightly();
    await visitor.go(`/schedules/${schedule.id}/edit`);
    await page.getByRole("button", { name: "Nothing is changed yet" }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Renamed");
    const body = await bodyOf("PATCH", () => page.getByRole("button", { name: "Save", exact: true }).click());
    expect(body).to.deep.equal({ name: "Renamed" });
    await page.getByRole("heading", { level: 1, name: "Renamed" }).waitFor();
    expect((await service.get(`/schedules/${schedule.id}`)).json.params).to.include({ integer: 1 });
  });

  it("does a run again with what it had, though the job's default has become another", async () => {
    const run = await service.run("counts", { success: 5, how: "returned" });
    expect(run.records.success).to.equal(5);
    const mend = await edit("counts", (code) => code.replace("default: 1,", "default: 5,"));
    await visitor.go(`/runs/${run.id}`);
    await page.getByRole("button", { name: "Run again" }).click();
    await dialog()
      .getByLabel(/the version that ran then/)
      .check();
    await dialog().getByText("as they were").waitFor();
    const body = await bodyOf("POST", () => dialog().locator('button[type="submit"]').click());
    expect(body).to.deep.equal({ version: "same" });
    await page.waitForURL((url) => url.pathname.startsWith("/runs/run_") && !url.pathname.endsWith(run.id));
    const id = /run_\w+/.exec(page.url())![0];
    const again = await eventually(async () => {
      const { json } = await service.get(`/runs/${id}`);
      return json.state === "succeeded" ? json : undefined;
    }, 20_000);
    expect([again.version, again.records.success]).to.deep.equal([run.version, 5]);
    mend();
  });

  it("keeps what is typed while others save, and everything that is read is read anew", async () => {
    const schedule = await nightly();
    await visitor.go(`/schedules/${schedule.id}/edit`);
    await later().fill("5m");
    await service.call("PATCH", `/schedules/${schedule.id}`, { name: "Theirs" }, MERGE_PATCH);
    // Going on after a pause reads all that is shown, as polling does every five seconds.
    await page.getByRole("button", { name: "Pause updates" }).click();
    const read = page.waitForResponse(/\/jobs\/default(:|%3A)echo$/);
    await page.getByRole("button", { name: "Go on" }).click();
    await read;
    await service.run("noop");
    expect(await later().inputValue()).to.equal("5m");
    await page.getByRole("heading", { level: 1, name: /^Change At 02:30/ }).waitFor();
  });

  it("lays what is typed over what somebody else has saved, and says which fields differ", async () => {
    const schedule = await nightly({ timeout: "10m" });
    await visitor.go(`/schedules/${schedule.id}/edit`);
    await later().fill("5m");
    await page.getByLabel(/^Text/).fill("mine");
    const theirs = { name: "Theirs", params: { text: "theirs", number: 7 } };
    await service.call("PATCH", `/schedules/${schedule.id}`, theirs, MERGE_PATCH);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Somebody has changed it meanwhile.").waitFor();
    await page.getByRole("button", { name: "Show it as it is now" }).click();
    await page.getByText("Name: nothing is now “Theirs”", { exact: true }).waitFor();
    await page.getByText("param text: “hello” is now “theirs”; you have typed another one").waitFor();
    await page.getByText("param number: nothing is now “7”", { exact: true }).waitFor();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).to.equal("Theirs");
    expect(await page.getByLabel(/^number/).inputValue()).to.equal("7");
    expect([await later().inputValue(), await page.getByLabel(/^Text/).inputValue()]).to.deep.equal([
      "5m",
      "mine",
    ]);
    const body = await bodyOf("PATCH", () => page.getByRole("button", { name: "Save", exact: true }).click());
    expect(body).to.deep.equal({ jitter: "5m", params: { text: "mine" } });
    await page.waitForURL(/\/schedules\/sch_\w+$/);
    const { name, jitterMs, params } = (await service.get(`/schedules/${schedule.id}`)).json;
    expect([name, jitterMs, params.text, params.number]).to.deep.equal(["Theirs", 300_000, "mine", 7]);
  });

  it("asks before it is left changed: by a link, by keys, by the way back, by closing; and only then", async () => {
    const schedule = await nightly();
    await visitor.go("/runs");
    await visitor.go(`/schedules/${schedule.id}`);
    await page.getByRole("link", { name: "Change", exact: true }).click();
    await later().fill("7m");
    const stays = async (act: () => Promise<unknown>) => {
      await act();
      await dialog().getByText("What you have changed here is not saved.").waitFor();
      await dialog().getByRole("button", { name: "Stay here" }).click();
      expect(await later().inputValue()).to.equal("7m");
      expect(new URL(page.url()).pathname).to.equal(`/schedules/${schedule.id}/edit`);
    };
    const nav = page.getByRole("navigation", { name: "Main" });
    await stays(() => nav.getByRole("link", { name: "Jobs" }).click());
    await page.getByRole("heading", { level: 1 }).click();
    await stays(async () => {
      await page.keyboard.press("g");
      await page.keyboard.press("r");
    });
    await stays(() => page.evaluate("history.back()"));
    const asked = page.waitForEvent("dialog");
    const reload = page.reload({ timeout: 3_000 }).catch(() => undefined);
    const question = await asked;
    expect(question.type()).to.equal("beforeunload");
    await question.dismiss();
    await reload;
    expect(await later().inputValue()).to.equal("7m");
    await nav.getByRole("link", { name: "Jobs" }).click();
    await dialog().getByRole("button", { name: "Leave, and lose it" }).click();
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    await visitor.go(`/schedules/${schedule.id}/edit`);
    await nav.getByRole("link", { name: "Jobs" }).click();
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
  });

  it("the key r on a schedule's page asks before a run begins", async () => {
    const schedule = await nightly();
    const runs = async () => (await service.get(`/runs?schedule=${schedule.id}`)).json.data.length as number;
    await visitor.go(`/schedules/${schedule.id}`);
    await page.keyboard.press("r");
    await dialog().getByRole("heading", { name: "Run it now?" }).waitFor();
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    expect(await runs()).to.equal(0);
    await page.keyboard.press("r");
    await dialog().getByRole("button", { name: "Start the run" }).click();
    await page.waitForURL(/\/runs\/run_/);
    expect(await runs()).to.equal(1);
  });

  it("takes an instant by keys alone, and previews within it: from its beginning, to its end, its runs", async () => {
    await visitor.go("/schedules/new?job=default:noop");
    await page.getByRole("textbox", { name: "Cron" }).fill("0 2 * * *");
    await page.getByText("Limits, retries, beginning and end").click();
    const type = async (label: string, text: string) => {
      await page.getByLabel(label, { exact: true }).focus();
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
    };
    await type("Not before", "06012027020000AM");
    expect(await page.getByLabel("Not before", { exact: true }).inputValue()).to.match(/^2027-06-01T02:00/);
    const first = page.getByRole("region", { name: "Next fires" }).locator("tbody tr");
    await first.first().getByText("Tue, 1 Jun 2027, 02:00:00 UTC").waitFor();
    expect(await first.count()).to.equal(5);
    await type("Not after", "06032027020000AM");
    await page.getByText("Nothing fires after its end.").waitFor();
    expect(await first.count()).to.equal(3);
    await page.getByLabel("Most runs").fill("2");
    await page.getByText("It is over after 2 runs.").waitFor();
    expect(await first.count()).to.equal(2);
    await page.getByRole("button", { name: "Create the schedule" }).click();
    await page.waitForURL(/\/schedules\/sch_/);
    const { json } = await service.get(`/schedules/${/sch_\w+/.exec(page.url())![0]}`);
    expect(json.nextFires.map(({ at }: Json) => at)).to.deep.equal([
      "2027-06-01T02:00:00.000Z",
      "2027-06-02T02:00:00.000Z",
    ]);
  });

  it("the timeline goes where the typed time is, once all of it is typed", async () => {
    await service.run("noop");
    await visitor.go("/timeline");
    const places: string[] = [];
    page.on("framenavigated", (frame) => places.push(frame.url()));
    await page.getByLabel(/^Around/).focus();
    await page.keyboard.type("01312027080000AM");
    expect(places).to.deep.equal([]);
    await page.keyboard.press("Enter");
    await page.waitForURL(/at=2027-01-31T08:00:00/);
    await page.getByText("Sat, 30 Jan 2027, 20:00:00 UTC to Sun, 31 Jan 2027, 20:00:00 UTC").waitFor();
  });

  it("switches a schedule off and on after the service has said what that does", async () => {
    const schedule = await nightly();
    const enabled = async () => (await service.get(`/schedules/${schedule.id}`)).json.enabled as boolean;
    await visitor.go(`/schedules/${schedule.id}`);
    await page.getByRole("button", { name: "Switch off" }).click();
    await dialog().getByText("The next fire would be none").waitFor();
    expect(await enabled()).to.equal(true);
    await dialog().getByRole("button", { name: "Switch it off" }).click();
    await page.getByText("It is switched off:").waitFor();
    expect(await enabled()).to.equal(false);
    await page.getByRole("button", { name: "Switch on" }).click();
    await dialog().getByText("The next fire would be in").waitFor();
    await dialog().getByRole("button", { name: "Switch it on" }).click();
    await page.getByText("It is switched off:").waitFor({ state: "detached" });
    expect(await enabled()).to.equal(true);
  });

  it("L3: copies a schedule, which begins paused and has asked for its secret again", async () => {
    const schedule = await nightly({ name: "Original", params: { text: "hello", password: SECRET } });
    await visitor.go(`/schedules/${schedule.id}`);
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await dialog().getByText("Secrets are not copied").waitFor();
    expect(await dialog().getByLabel("Name", { exact: true }).inputValue()).to.equal("Original (copy)");
    expect(await dialog().getByLabel(/^Text/).count()).to.equal(0);
    await dialog()
      .getByLabel(/^password/)
      .fill("another-secret");
    await dialog().getByRole("button", { name: "Make the copy" }).click();
    await page.getByRole("heading", { level: 1, name: "Original (copy)" }).waitFor();
    const { json } = await service.get(`/schedules/${/sch_\w+/.exec(page.url())![0]}`);
    expect(json.id).not.to.equal(schedule.id);
    expect(json.paused.reason).to.contain("a copy of");
    expect(json.params).to.include({ text: "hello" }).and.to.have.property("password");
  });

  it("sets rules of a job above its own, shows what is wrong at its field, and takes them back", async () => {
    await visitor.go("/jobs/default:noop?tab=params");
    await page.getByRole("button", { name: "Change the rules" }).click();
    await dialog().getByLabel("At a time").fill("many");
    await dialog().getByRole("button", { name: "Save the rules" }).click();
    await dialog().locator('input[aria-invalid="true"]').waitFor();
    await dialog().getByLabel("At a time").fill("2");
    await dialog().getByLabel("Timeout of an attempt").fill("20m");
    await dialog().getByRole("button", { name: "Save the rules" }).click();
    await dialog().waitFor({ state: "detached" });
    await page.getByText("20m 00s (set by an admin)").waitFor();
    const overrides = async () => (await service.get("/jobs/noop")).json.overrides as Json;
    expect(await overrides()).to.deep.equal({ concurrency: 2, timeoutMs: 1_200_000 });
    await page.getByRole("button", { name: "Change the rules" }).click();
    await dialog().getByLabel("Timeout of an attempt").fill("");
    await dialog().getByRole("button", { name: "Save the rules" }).click();
    await dialog().waitFor({ state: "detached" });
    expect(await overrides()).to.deep.equal({ concurrency: 2 });
  });

  it("shows a refusal that names no field: a request whose answer was lost, sent again with other params", async () => {
    await visitor.go("/jobs/default:echo");
    await page.keyboard.press("r");
    await dialog().getByLabel(/^Text/).fill("first");
    // The service has taken it; the answer never comes.
    await page.route(/\/runs$/, async (route) => {
      await route.fetch();
      await route.abort();
    });
    await dialog().getByRole("button", { name: "Run", exact: true }).click();
    await dialog().getByText("The service cannot be reached").first().waitFor();
    await page.unroute(/\/runs$/);
    await dialog().getByLabel(/^Text/).fill("second");
    const answer = page.waitForResponse(/\/runs$/);
    await dialog().getByRole("button", { name: "Run", exact: true }).click();
    expect((await (await answer).json()).code).to.equal("idempotency_key_reused");
    await dialog()
      .getByText(/Idempotency-Key/i)
      .first()
      .waitFor();
  });

  it("a param that a new version declares under the open form has its default, and is not sent as empty", async () => {
    await visitor.go("/jobs/default:noop");
    await page.keyboard.press("r");
    await dialog().getByText("This job takes no params.").waitFor();
    await edit("noop", (code) =>
      code.replace(
        /name: "([^"]+)",?/,
        'name: "$1", optionalParams: { motto: { type: "string", default: "onward" } },',
      ),
    );
    const motto = dialog().getByLabel(/^motto/);
    await motto.waitFor();
    expect(await motto.inputValue()).to.equal("onward");
    const body = await bodyOf("POST", () =>
      dialog().getByRole("button", { name: "Run", exact: true }).click(),
    );
    expect(body).to.deep.equal({ params: {} });
  });

  it("takes a saved param away that the job declares no more, when it is asked to and not by itself", async () => {
    const schedule = await nightly({ params: { text: "hello", number: 7, password: SECRET } });
    const mend = await edit("echo", (code) => code.replace('number: { type: "number" },', ""));
    await visitor.go(`/schedules/${schedule.id}/edit`);
    await page.getByRole("button", { name: "Nothing is changed yet" }).waitFor();
    await page.getByLabel("take away number").check();
    // A secret that somebody began to replace can be kept after all.
    await page.getByRole("button", { name: "Replace" }).click();
    await page.getByRole("button", { name: "Keep the saved one" }).click();
    const body = await bodyOf("PATCH", () => page.getByRole("button", { name: "Save", exact: true }).click());
    expect(body).to.deep.equal({ params: { number: null } });
    await page.waitForURL(/\/schedules\/sch_\w+$/);
    const { params, held } = (await service.get(`/schedules/${schedule.id}`)).json;
    expect(params).to.deep.include({ text: "hello", password: { secret: true } });
    expect([params.number, held]).to.deep.equal([undefined, null]);
    mend();
  });

  it("keeps the failed records that somebody has come to in sight while a run refuses more", async () => {
    mkdirSync(join(service.tasks, "refuses"));
    writeFileSync(
      join(service.tasks, "refuses", "job.ts"),
      `import { setTimeout as wait } from "node:timers/promises";
      import { defineJob } from "jobmount";
      export class Job extends defineJob({ name: "Refuses" }) {
        async execute() {
          for (let n = 1; ; n++) {
            this.records.failed("record-" + n, "refused as asked");
            if (n > 150) await wait(100, undefined, { signal: this.signal });
          }
        }
      }`,
    );
    const run = await eventually(async () => {
      const { status, json } = await service.call("POST", "/jobs/refuses/runs", {});
      return status < 300 ? json : undefined;
    }, 20_000);
    await visitor.go(`/runs/${run.id}`);
    await page.getByRole("button", { name: "Show more" }).click();
    const rows = page.getByRole("table", { name: "Failed records" }).locator("tbody tr");
    await rows.nth(140).waitFor();
    const counted = async () => (await service.get(`/runs/${run.id}`)).json.records.failed as number;
    const since = await counted();
    let least = Infinity;
    await eventually(async () => {
      least = Math.min(least, await rows.count());
      return (await counted()) > since + 30 || undefined;
    }, 20_000);
    expect(least).to.be.greaterThan(140);
    await page.mouse.move(2, 2);
    await rows.nth(170).waitFor();
    await service.call("POST", `/runs/${run.id}/cancel`, {});
    await page
      .locator("main")
      .getByText(/^cancelled/)
      .first()
      .waitFor();
  });

  it("gives all failed records as one file, however many pages that is", async () => {
    const run = await service.run("counts", { success: 1, failed: 6_000 });
    await visitor.go(`/runs/${run.id}`);
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByText(/^200 records of 6,000 shown/).waitFor();
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download all as CSV" }).click();
    const file = await coming;
    expect(file.suggestedFilename()).to.equal(`${run.id}-failed.csv`);
    const rows = readFileSync(await file.path(), "utf8")
      .trim()
      .split(/\r?\n/);
    expect([rows[0], rows.length]).to.deep.equal(["seq,key,reason", 6_001]);
    expect(new Set(rows).size).to.equal(6_001);
  });
});
