import { expect } from "chai";
import type { LoadState } from "../../src/catalog/version.ts";
import { LOCAL_PRINCIPAL } from "../../src/access/principal.ts";
import { Face, type Json } from "../support/face.ts";
import { jobmount, tempFolder } from "../cli/jobmount.ts";
import { taskRun } from "../support/http-doubles.ts";

/** More than the largest page. */
const MANY = 230;

describe("lists that are read from memory have the same pages as all others", () => {
  const face = new Face();
  let tenant = "";

  before(async () => {
    await face.start();
    const { access } = face.deps;
    tenant = await face.token({ role: "admin", sources: ["s007"] });
    for (let i = 0; i < MANY; i++) {
      const source = `s${String(i).padStart(3, "0")}`;
      face.world.addSource(source);
      failed(source, "nightly", i % 2 === 0 ? "stale" : "error");
      face.world.runs.push(
        taskRun({ id: `run_${i}`, source, state: "running", owner: `wrk_${i}`, startedAt: 1, attempt: 1 }),
      );
      await access.createToken({ name: `t${i}`, role: "viewer", sources: [source] }, LOCAL_PRINCIPAL);
      await access.createSignInCode({ name: `l${i}`, sources: [source] }, LOCAL_PRINCIPAL);
    }
    failed("s007", "Not a job", "invalid");
  });
  after(() => face.stop());

  function failed(source: string, key: string, loadState: LoadState): void {
    const nothing = { file: null, line: null, column: null, frame: null, hint: null, hash: null };
    const error = { code: "syntax", message: "x", ...nothing, since: 0 };
    face.world.loadErrors.push({ source, key, loadState, error, serving: null });
  }

  /** Every row, page by page, and how many each page held. */
  async function walk(
    path: string,
    limit: number,
    token?: string,
  ): Promise<{ rows: Json[]; pages: number[] }> {
    const rows: Json[] = [];
    const pages: number[] = [];
    for (let cursor = ""; ;) {
      const { status, json } = await face.ask("GET", `${path}limit=${limit}${cursor}`, { token });
      expect(status, path).to.equal(200);
      rows.push(...json.data);
      pages.push(json.data.length);
      expect(json.page!["hasMore"]).to.equal((json.page!["next"] as unknown) !== null);
      if ((json.page!["next"] as unknown) === null) return { rows, pages };
      cursor = `&cursor=${String(json.page!["next"])}`;
    }
  }

  const LISTS: [string, (row: Json) => string, number][] = [
    ["/load-errors", (row) => `${String(row["source"])}:${String(row["job"])}`, MANY + 1],
    ["/sources", (row) => String(row["name"]), MANY + 2],
    ["/workers", (row) => String(row["worker"]), MANY + 1],
    ["/tokens", (row) => String(row["id"]), MANY + 5],
    ["/sign-in-links", (row) => String(row["id"]), MANY],
    ["/jobs", (row) => String(row["key"]), 2],
  ];

  for (const [path, idOf, all] of LISTS) {
    it(`GET ${path}: every row once, in one order, in pages of the asked length; 50 unless asked`, async () => {
      const whole = await walk(`${path}?`, 200);
      const ids = whole.rows.map(idOf);
      expect(new Set(ids).size).to.equal(ids.length);
      expect(ids.length).to.equal(all);
      expect(whole.pages[0]).to.equal(Math.min(all, 200));
      const byThirty = await walk(`${path}?`, 30);
      expect(byThirty.rows.map(idOf)).to.deep.equal(ids);
      expect(byThirty.pages.slice(0, -1).every((rows) => rows === 30)).to.equal(true);
      const first = (await face.ask("GET", `${path}?count=true`)).json;
      expect(first.data.map(idOf)).to.deep.equal(ids.slice(0, 50));
      expect(first.page).to.include({ count: all });
      expect((await face.ask("GET", path)).json.page).not.to.have.property("count");
    });

    it(`GET ${path}: a wrong limit, cursor or field is refused by name`, async () => {
      for (const [query, status] of [
        ["limit=0", 422],
        ["limit=201", 422],
        ["cursor=nonsense", 400],
        ["wrong=1", 422],
      ] as const) {
        expect((await face.ask("GET", `${path}?${query}`)).status, query).to.equal(status);
      }
    });
  }

  it("a row that goes between two pages takes no other with it", async () => {
    const first = (await face.ask("GET", "/load-errors?limit=2")).json;
    const gone = face.world.loadErrors.splice(0, 2);
    const next = String(first.page!["next"]);
    const second = (await face.ask("GET", `/load-errors?limit=1&cursor=${next}`)).json;
    face.world.loadErrors.push(...gone);
    expect(second.data.map((row) => row["source"])).to.deep.equal(["s002"]);
  });

  it("load errors by source, job and state", async () => {
    const list = async (query: string) =>
      (await walk(`/load-errors?${query}&`, 200)).rows.map(
        (row) => `${String(row["source"])}:${String(row["job"])}`,
      );
    expect(await list("source=s001,s003")).to.deep.equal(["s001:nightly", "s003:nightly"]);
    expect(await list("source=!s001,!s003")).to.have.length(MANY + 1 - 2);
    expect(await list("job=s001:nightly,s009:nightly")).to.deep.equal(["s001:nightly", "s009:nightly"]);
    expect(await list("source=s007&job=!s007:nightly")).to.deep.equal(["s007:Not a job"]);
    expect(await list("loadState=invalid")).to.deep.equal(["s007:Not a job"]);
    expect(await list("loadState=stale")).to.have.length(MANY / 2);
    const unknown = await face.ask("GET", "/load-errors?job=nightyl");
    expect([unknown.status, unknown.json.errors[0]!["pointer"]]).to.deep.equal([422, "/query/job"]);
  });

  it("sources by their state", async () => {
    face.world.sources.find(({ name }) => name === "s005")!.state = "unavailable";
    const gone = await walk("/sources?state=unavailable&", 200);
    expect(gone.rows.map((row) => row["name"])).to.deep.equal(["s005"]);
    expect((await walk("/sources?state=available&", 200)).rows).to.have.length(MANY + 1);
  });

  it("tokens by whether they hold, and by role", async () => {
    const { clock } = face.world;
    const expiresAt = clock.now() + 1_000;
    await face.deps.access.createToken({ name: "brief", role: "operator", expiresAt }, LOCAL_PRINCIPAL);
    const names = async (query: string) =>
      (await walk(`/tokens?${query}&`, 200)).rows.map((row) => row["name"] as unknown as string);
    expect(await names("state=expired")).to.deep.equal([]);
    clock.time += 2_000;
    expect(await names("state=expired")).to.deep.equal(["brief"]);
    expect(await names("state=valid")).not.to.include("brief");
    expect(await names("role=operator")).to.have.members(["operator", "brief"]);
    expect(await names("role=operator&state=valid")).to.deep.equal(["operator"]);
  });

  it("the command line reads all pages of them", async () => {
    const env = { JOBMOUNT_URL: face.url, JOBMOUNT_TOKEN: face.tokens.admin };
    const cwd = tempFolder();
    for (const [args, all] of [
      [["errors"], MANY + 1],
      [["token", "list"], (await face.deps.access.list(LOCAL_PRINCIPAL)).length],
      [["token", "links"], MANY],
    ] as const) {
      const { code, stdout, stderr } = await jobmount([...args, "--json"], { cwd, env });
      expect(code, stderr).to.equal(0);
      expect(JSON.parse(stdout), args.join(" ")).to.have.length(all);
    }
    const one = await jobmount(["errors", "--source", "s007"], { cwd, env });
    expect(one.stdout.match(/does not load/g)).to.have.length(2);
    // The last source stands behind the first page of them.
    expect((await jobmount(["errors", "--source", "s229"], { cwd, env })).stdout).to.include("s229:nightly");
  });

  it("A2: a token of one source pages, filters and counts within that source", async () => {
    for (const [path, idOf, expected] of [
      ["/load-errors?", LISTS[0]![1], ["s007:Not a job", "s007:nightly"]],
      ["/load-errors?source=s001,s007&", LISTS[0]![1], ["s007:Not a job", "s007:nightly"]],
      ["/load-errors?job=s001:nightly&", LISTS[0]![1], []],
      ["/sources?", LISTS[1]![1], ["s007"]],
      ["/sign-in-links?", (row: Json) => String(row["name"]), ["l7"]],
      ["/tokens?state=valid&", (row: Json) => String(row["name"]), ["admin", "t7"]],
    ] as const) {
      const found = await walk(path, 1, tenant);
      expect(found.rows.map(idOf).sort(), path).to.deep.equal(expected);
      const { json } = await face.ask("GET", `${path}count=true`, { token: tenant });
      expect(json.page, path).to.include({ count: expected.length });
    }
    // A cursor of somebody who sees more leads to nothing more.
    const wide = (await face.ask("GET", "/load-errors?limit=3")).json.page!["next"] as unknown as string;
    const own = await face.ask("GET", `/load-errors?cursor=${wide}`, { token: tenant });
    expect(own.json.data.map(({ source }) => source)).to.deep.equal(["s007", "s007"]);
  });
});
