import { expect } from "chai";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PAGE_SCREENS } from "../../src/http/page-html.ts";
import { loadPage } from "../../src/http/static.ts";
import { Face } from "../support/face.ts";
import { ROOT } from "../support/service.ts";

const HTML = "text/html,application/xhtml+xml";
const SCRIPT = `console.log("${"x".repeat(2000)}");\n`;

/** As it stands: `fetch` would take the dots out before it asks, and asks past every cache when it names an ETag. */
function askRaw(
  base: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers: { accept: HTML, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    })
      .on("error", reject)
      .end();
  });
}

describe("the page, served", () => {
  const folder = mkdtempSync(join(tmpdir(), "jobmount-page-"));
  const built = join(folder, "ui");
  let face: Face;
  let prefixed: Face;
  before(async () => {
    mkdirSync(join(built, "assets"), { recursive: true });
    writeFileSync(join(folder, "secret.js"), "not for anybody");
    writeFileSync(
      join(built, "index.html"),
      '<!doctype html><head><base href="/" /><script src="./assets/index-3f9a.js"></script></head><div id="root"></div>',
    );
    writeFileSync(
      join(built, "files.json"),
      JSON.stringify({
        "src/screens/runs/Runs.tsx": { file: "assets/Runs-1.js", imports: ["index.html", "_rows.js"] },
        "src/screens/run/Run.tsx": { file: "assets/Run-1.js", imports: ["index.html"] },
        "src/screens/editor/NewSchedule.tsx": { file: "assets/NewSchedule-1.js" },
        "_rows.js": { file: "assets/rows-1.js", imports: ["src/screens/runs/Runs.tsx"] },
        "index.html": { file: "assets/index-3f9a.js" },
      }),
    );
    writeFileSync(join(built, "favicon.svg"), "<svg/>");
    writeFileSync(join(built, "assets", "index-3f9a.js"), SCRIPT);
    writeFileSync(join(built, "assets", "notes.txt"), "no type of a page");
    face = new Face((deps) => ({ ...deps, page: loadPage(built, "") }));
    prefixed = new Face((deps) => ({ ...deps, page: loadPage(built, "/job/mount"), basePath: "/job/mount" }));
    await Promise.all([face.start(), prefixed.start()]);
  });
  after(async () => {
    await Promise.all([face.stop(), prefixed.stop()]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const ask = (path: string, init: RequestInit = {}, from = face) =>
    fetch(`${from.url}${path}`, { redirect: "manual", ...init });

  it("answers each of its addresses with the same page, to be asked for again, under a policy without inline code", async () => {
    for (const screen of Object.keys(PAGE_SCREENS)) {
      const route = screen.replace("*", "some:thing");
      for (const path of [`/${route}`, `/${route}/what/ever`]) {
        if (path.startsWith("//")) continue;
        const reply = await ask(path);
        expect(reply.status, path).to.equal(200);
        expect(reply.headers.get("content-type")).to.equal("text/html; charset=utf-8");
        expect(reply.headers.get("cache-control")).to.equal("no-cache");
        const policy = reply.headers.get("content-security-policy")!;
        expect(policy)
          .to.match(/^default-src 'self';/)
          .and.to.include("frame-ancestors 'none'");
        expect(policy).not.to.match(/unsafe|http:|https:|data:|\*/);
        expect(reply.headers.get("x-content-type-options")).to.equal("nosniff");
      }
    }
  });

  it("knows the screens of the page's own router", () => {
    const router = readFileSync(join(ROOT, "ui/src/router.tsx"), "utf8");
    const routes = [
      ...router.matchAll(/path: "\/([^"]*)",\s*component: [^"]*import\("\.\/screens\/([^"]+)"/g),
    ];
    expect(routes.length).to.be.greaterThan(5);
    const screens = routes.map(([, path, screen]) => [path!.replace(/\$\w+/, "*"), screen]);
    expect(Object.fromEntries(screens)).to.deep.equal(PAGE_SCREENS);
  });

  it("names beforehand the scripts of the screen that an address begins with, each once, and of no other", async () => {
    const named = async (path: string) =>
      [...(await (await ask(path)).text()).matchAll(/modulepreload[^>]* href="\.\/assets\/(\w+)/g)].map(
        (match) => match[1],
      );
    expect(await named("/runs")).to.deep.equal(["Runs", "rows"]);
    expect(await named("/runs/run_1")).to.deep.equal(["Run"]);
    expect(await named("/schedules/new"), "not one that is called so").to.deep.equal(["NewSchedule"]);
    for (const path of ["/jobs", "/runs/a/b/c", "/schedules/sch_1"])
      expect(await named(path), path).to.deep.equal([]);
  });

  it("lets hashed files be kept for ever, compresses them, and says by ETag what has not changed", async () => {
    const file = await ask("/assets/index-3f9a.js", { headers: { "accept-encoding": "gzip" } });
    expect(file.headers.get("cache-control")).to.equal("public, max-age=31536000, immutable");
    expect(file.headers.get("content-encoding")).to.equal("gzip");
    expect(await file.text()).to.equal(SCRIPT);
    const plain = await ask("/assets/index-3f9a.js", { headers: { "accept-encoding": "identity" } });
    expect(plain.headers.get("content-encoding")).to.equal(null);
    expect(await plain.text()).to.equal(SCRIPT);
    const again = await askRaw(face.url, "/runs", {
      "if-none-match": (await ask("/runs")).headers.get("etag")!,
    });
    expect(again).to.deep.equal({ status: 304, text: "" });
  });

  it("HEAD has the headers of GET and no body; nothing else is a page", async () => {
    const [got, head] = [await ask("/jobs"), await ask("/jobs", { method: "HEAD" })];
    expect(head.status).to.equal(200);
    expect(head.headers.get("content-length")).to.equal(got.headers.get("content-length"));
    expect(await head.text()).to.equal("");
    const post = await ask("/jobs", { method: "POST", headers: { accept: HTML } });
    expect(post.status).to.equal(404);
    expect(post.headers.get("content-type")).to.equal("application/problem+json");
  });

  it("a person who mistyped gets the page with 404, a program its problem, and REST never a page", async () => {
    const person = await ask("/rusn", { headers: { accept: HTML } });
    expect([person.status, person.headers.get("content-type")]).to.deep.equal([
      404,
      "text/html; charset=utf-8",
    ]);
    for (const [path, accept] of [
      ["/rusn", "application/json"],
      ["/assets/gone-3f9a.js", HTML],
      ["/assets/notes.txt", HTML],
      ["/api/v2/runs", HTML],
      ["/livez/x", HTML],
    ] as const) {
      const reply = await ask(path, { headers: { accept } });
      expect(reply.status, path).to.equal(404);
      expect(reply.headers.get("content-type"), path).to.equal("application/problem+json");
    }
    expect((await ask("/api/v1/runs", { headers: { accept: HTML } })).status).to.equal(401);
  });

  it("no path leads out of the built files", async () => {
    for (const path of [
      "/../secret.js",
      "/assets/../../secret.js",
      "/%2e%2e/secret.js",
      "/assets/..%2f..%2fsecret.js",
      "/assets/%2e%2e%2f%2e%2e%2fsecret.js",
      "/..\\secret.js",
      "//etc/passwd",
      "/assets/index-3f9a.js%00.html",
      "/index.html/../../secret.js",
    ]) {
      const { status, text } = await askRaw(face.url, path);
      expect(status, path).to.equal(404);
      expect(text, path).not.to.include("not for anybody");
    }
  });

  it("behind a prefix, taken off by the proxy or not: page, files and REST at both, the page knows where it lies", async () => {
    const index = await (await ask("/job/mount/", {}, prefixed)).text();
    expect(index).to.include('<base href="/job/mount/" />');
    expect(await (await ask("/timeline", {}, prefixed)).text()).to.equal(index);
    const moved = await ask("/job/mount?x=1", {}, prefixed);
    expect([moved.status, moved.headers.get("location")]).to.deep.equal([308, "/job/mount/?x=1"]);
    for (const path of [
      "/job/mount/assets/index-3f9a.js",
      "/assets/index-3f9a.js",
      "/job/mount/livez",
      "/livez",
    ])
      expect((await ask(path, {}, prefixed)).status, path).to.equal(200);
    const headers = { authorization: `Bearer ${prefixed.tokens.viewer}` };
    expect((await ask("/job/mount/api/v1/me", { headers }, prefixed)).status).to.equal(200);
    expect(
      (await ask("/job/mount/api/v1/me", {}, prefixed)).status,
      "still nothing without a token",
    ).to.equal(401);
  });

  it("without a built page everything else is as it was", () => {
    expect(loadPage(join(folder, "nothing"), "")).to.equal(undefined);
  });

  it("addresses that answers name have the prefix too", async () => {
    const { id } = (await prefixed.ask("POST", "/jobs/open/runs", { body: {} })).json;
    const made = await prefixed.ask("POST", "/jobs/open/runs", { body: {} });
    expect(made.headers.get("location")).to.equal(`/job/mount/api/v1/runs/${String(made.json.id)}`);
    const page = await prefixed.ask("GET", "/runs?limit=1");
    expect(page.headers.get("link")).to.match(
      /^<\/job\/mount\/api\/v1\/runs\?limit=1&cursor=\S+>; rel="next"$/,
    );
    expect(id).not.to.equal(undefined);
  });
});
