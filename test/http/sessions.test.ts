import { expect } from "chai";
import { Access } from "../../src/access/access.ts";
import { DbSessionStore } from "../../src/db/session-store.ts";
import { DbTokenStore } from "../../src/db/token-store.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { Face } from "../support/face.ts";
import { ADMIN_TOKEN, FaceWorld } from "../support/http-doubles.ts";

const NO_FILE = { type: "text/html", content: Buffer.from(""), etag: "x", cache: "no-cache" };
const NO_FILES = { files: new Map(), at: () => NO_FILE };

onEveryDatabase("the session of a browser", (databases) => {
  let face: Face;
  let publicUrl = "";
  before(async () => {
    const database = await databases.fresh();
    face = new Face((deps) => ({
      ...deps,
      access: new Access({
        store: new DbTokenStore(database),
        sessions: new DbSessionStore(database),
        clock: deps.clock,
        adminToken: ADMIN_TOKEN,
      }),
      trustedProxies: ["10.0.0.0/8"],
      publicUrl: () => publicUrl,
    }));
    await face.start();
  });
  beforeEach(() => (publicUrl = "http://jobmount.test"));
  after(() => face.stop());

  const signIn = async (token: string): Promise<{ cookie: string; header: string }> => {
    const { status, headers } = await face.ask("POST", "/session", { token });
    expect(status).to.equal(201);
    const header = headers.get("set-cookie")!;
    return { cookie: header.split(";")[0]!, header };
  };
  const withCookie = (method: string, path: string, cookie: string, headers: Record<string, string> = {}) =>
    face.ask(method, path, { token: null, headers: { cookie, ...headers } });

  it("may do what its token may, and no script can read its cookie", async () => {
    const { cookie, header } = await signIn(face.tokens.operator);
    expect(header).to.match(/^jobmount_session=\w{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/);
    expect((await withCookie("GET", "/me", cookie)).json).to.include({ role: "operator", name: "operator" });
    const own = { origin: face.url };
    expect((await withCookie("POST", "/jobs/open/pause", cookie, own)).status).to.equal(200);
    expect((await withCookie("POST", "/schedules", cookie, own)).status).to.equal(403);
  });

  it("a run that is started with it is started by hand; one with a token by a program", async () => {
    const { cookie } = await signIn(face.tokens.operator);
    const byHand = await withCookie("POST", "/jobs/open/runs", cookie, { origin: face.url });
    expect([byHand.status, byHand.json["trigger"]]).to.deep.equal([202, "manual"]);
    const byProgram = await face.ask("POST", "/jobs/open/runs", { token: face.tokens.operator });
    expect([byProgram.status, byProgram.json["trigger"]]).to.deep.equal([202, "api"]);
  });

  it("changes things from the service's own pages alone", async () => {
    const { cookie } = await signIn(face.tokens.operator);
    const before = JSON.stringify(face.world.schedules.pauses.rows);
    for (const origin of ["https://evil.test", "null", "", `${face.url}.evil.test`, "http://127.0.0.1:1"]) {
      const headers: Record<string, string> = origin === "" ? {} : { origin };
      const refused = await withCookie("POST", "/jobs/open/pause", cookie, headers);
      expect([refused.status, refused.json.code], origin).to.deep.equal([403, "origin"]);
      const out = await withCookie("DELETE", "/session", cookie, headers);
      expect(out.status, "nor does another page sign anybody out").to.equal(403);
    }
    expect(JSON.stringify(face.world.schedules.pauses.rows)).to.equal(before);
    for (const origin of ["http://jobmount.test", face.url])
      expect((await withCookie("POST", "/jobs/open/resume", cookie, { origin })).status, origin).to.equal(
        200,
      );
  });

  it("ends by signing out, with its token, and by its age", async () => {
    const first = await signIn(face.tokens.viewer);
    const out = await withCookie("DELETE", "/session", first.cookie, { origin: face.url });
    expect([out.status, out.headers.get("set-cookie")]).to.deep.equal([
      204,
      "jobmount_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
    ]);
    const gone = await withCookie("GET", "/me", first.cookie);
    expect([gone.status, gone.json.code]).to.deep.equal([401, "no_session"]);
    expect((await face.ask("GET", "/me", { token: face.tokens.viewer })).status).to.equal(200);

    const token = await face.token({ role: "viewer" });
    const second = await signIn(token);
    const { id } = (await withCookie("GET", "/me", second.cookie)).json;
    await face.ask("DELETE", `/tokens/${String(id)}`);
    expect((await withCookie("GET", "/me", second.cookie)).status).to.equal(401);

    const expiring = await face.token({ role: "viewer", expiresAt: face.world.clock.now() + 60_000 });
    const third = await signIn(expiring);
    expect(third.header).to.include("Max-Age=60");
    const long = await signIn(face.tokens.viewer);
    face.world.clock.time += 60_000;
    expect((await withCookie("GET", "/me", third.cookie)).status).to.equal(401);
    face.world.clock.time += 7 * 86_400_000;
    expect((await withCookie("GET", "/me", long.cookie)).status).to.equal(401);
  });

  it("is not renewed by itself, nor opened without end: whoever is signed in signs in again", async () => {
    const { cookie } = await signIn(face.tokens.viewer);
    const again = await withCookie("POST", "/session", cookie, { origin: face.url });
    expect([again.status, again.json.code, again.headers.get("set-cookie")]).to.deep.equal([
      409,
      "session",
      null,
    ]);
    expect((await face.ask("DELETE", "/session")).json.code, "a token has none to sign out of").to.equal(
      "no_session",
    );
    const busy = await face.token({ role: "viewer" });
    const statuses = new Set<number>();
    for (let i = 0; i < 70; i++) statuses.add((await face.ask("POST", "/session", { token: busy })).status);
    expect([...statuses]).to.deep.equal([201, 429]);
    face.world.clock.time += 10 * 60_000;
    expect((await face.ask("POST", "/session", { token: busy })).status).to.equal(201);
  });

  it("holds for the token known beforehand too, and never for a wrong cookie", async () => {
    const { cookie } = await signIn(ADMIN_TOKEN);
    expect((await withCookie("GET", "/me", cookie)).json).to.include({ role: "admin" });
    for (const wrong of [`${cookie}x`, "jobmount_session=nothing", cookie.toLowerCase()])
      expect((await withCookie("GET", "/me", wrong)).status, wrong).to.equal(401);
  });

  it("over https its name is bound to the host, and the plain one is not believed", async () => {
    publicUrl = "https://jobmount.test";
    const { cookie, header } = await signIn(face.tokens.viewer);
    expect(header).to.match(/^__Host-jobmount_session=\w{43}; .*; Secure$/);
    expect((await withCookie("GET", "/me", cookie)).status).to.equal(200);
    const plain = cookie.replace("__Host-", "");
    expect((await withCookie("GET", "/me", plain)).json.code).to.equal("no_token");
  });

  it("a sign-in link signs the browser in that uses it, once, and no other site can use it for its reader", async () => {
    const admin = (await face.deps.access.authenticate(face.tokens.admin))!;
    const { code } = await face.deps.access.createSignInCode({ role: "viewer" }, admin);
    const use = (headers: Record<string, string>) =>
      face.fetch(`/sign-in?code=${code}`, { method: "POST", headers: { accept: "text/html", ...headers } });
    expect((await use({ origin: "https://evil.test" })).status).to.equal(403);
    const used = await use({ origin: face.url });
    expect(used.status).to.equal(200);
    const cookie = used.headers.get("set-cookie")!.split(";")[0]!;
    expect((await withCookie("GET", "/me", cookie)).json).to.include({ role: "viewer" });
    expect((await use({ origin: face.url })).status).to.equal(410);
  });

  it("a link that leads straight to the page leaves no token behind: it ends by signing out, or with the session", async () => {
    const withPage = new Face(() => ({ ...face.deps, page: NO_FILES }));
    await withPage.start();
    try {
      const admin = (await face.deps.access.authenticate(face.tokens.admin))!;
      const come = async () => {
        const { code } = await face.deps.access.createSignInCode({ name: "by link" }, admin);
        const used = await withPage.fetch(`/sign-in?code=${code}`, {
          method: "POST",
          headers: { accept: "text/html" },
        });
        expect(used.status).to.equal(303);
        return used.headers.get("set-cookie")!.split(";")[0]!;
      };
      const list = async (query = "") =>
        (await face.ask("GET", `/tokens${query}`)).json.data
          .filter(({ name }) => String(name) === "by link")
          .map(({ expiresAt }) => Date.parse(String(expiresAt)) - face.world.clock.now());
      const cookie = await come();
      expect(await list()).to.deep.equal([7 * 86_400_000]);
      await withCookie("DELETE", "/session", cookie, { origin: face.url });
      expect(await list()).to.deep.equal([]);
      expect((await withCookie("GET", "/me", cookie)).status).to.equal(401);
      await come();
      face.world.clock.time += 7 * 86_400_000;
      expect([await list("?state=valid"), await list("?state=expired")]).to.deep.equal([[], [0]]);
    } finally {
      await withPage.stop();
    }
  });
});

describe("wrong tokens are slowed down", () => {
  const guess = (i: number) => `jbm_${String(i).padStart(7, "0")}${"x".repeat(36)}`;

  const withFace = async (work: (face: Face) => Promise<void>) => {
    const face = new Face((deps) => ({ ...deps, trustedProxies: ["127.0.0.1"] }));
    await face.start();
    await work(face).finally(() => face.stop());
  };
  const from = (face: Face, address: string, token: string) =>
    face.ask("GET", "/me", { token, headers: { "x-forwarded-for": address } });

  it("after twenty different ones from an address it waits, longer each time, and another address does not", () =>
    withFace(async (face) => {
      for (let i = 0; i < 20; i++)
        expect((await from(face, "192.0.2.1", guess(i))).status, String(i)).to.equal(401);
      const blocked = await from(face, "192.0.2.1", guess(20));
      expect([blocked.status, blocked.headers.get("retry-after")]).to.deep.equal([429, "1"]);
      expect(blocked.json.code).to.equal("too_many_tries");
      const fresh = await face.token({ role: "viewer" });
      expect(
        (await from(face, "192.0.2.1", fresh)).status,
        "a right one that was never seen waits too",
      ).to.equal(429);
      expect((await from(face, "192.0.2.2", fresh)).status).to.equal(200);
      expect((await from(face, "192.0.2.1", fresh)).status, "one that is known passes").to.equal(200);
      const waits: number[] = [];
      for (let i = 21; i < 30; i++) {
        face.world.clock.time += 61_000;
        expect((await from(face, "192.0.2.1", guess(i))).status).to.equal(401);
        waits.push(Number((await from(face, "192.0.2.1", guess(100))).headers.get("retry-after")));
      }
      expect(waits).to.deep.equal([2, 4, 8, 16, 32, 60, 60, 60, 60]);
      face.world.clock.time += 10 * 60_000;
      expect((await from(face, "192.0.2.1", guess(200))).status, "forgotten").to.equal(401);
      expect((await from(face, "192.0.2.1", guess(201))).status).to.equal(401);
    }));

  it("a script that goes on with one revoked token locks itself, not its address", () =>
    withFace(async (face) => {
      const statuses: number[] = [];
      for (let i = 0; i < 30; i++) statuses.push((await from(face, "192.0.2.1", guess(1))).status);
      expect(statuses.slice(0, 5)).to.deep.equal([401, 401, 401, 401, 401]);
      expect(new Set(statuses.slice(5))).to.deep.equal(new Set([429]));
      const fresh = await face.token({ role: "viewer" });
      expect((await from(face, "192.0.2.1", fresh)).status).to.equal(200);
    }));

  it("guesses that share a beginning wait wherever they come from; who holds that token does not", () =>
    withFace(async (face) => {
      const right = await face.token({ role: "viewer" });
      expect((await from(face, "192.0.2.9", right)).status).to.equal(200);
      const near = (i: number) => right.slice(0, 11) + String(i).padStart(36, "0");
      for (let i = 0; i < 5; i++) await from(face, `192.0.2.${i}`, near(i));
      expect((await from(face, "192.0.2.77", near(9))).status).to.equal(429);
      expect((await from(face, "192.0.2.78", right)).status).to.equal(200);
    }));

  it("codes of sign-in links are slowed down the same way, and an address is what a trusted proxy says alone", () =>
    withFace(async (face) => {
      const use = (code: string, chain: string) =>
        face.fetch(`/sign-in?code=${code}`, { method: "POST", headers: { "x-forwarded-for": chain } });
      for (let i = 0; i < 20; i++)
        expect((await use(`wrong${i}`, `198.51.100.${i}, 192.0.2.1`)).status).to.equal(410);
      expect(
        (await use("wrong", "203.0.113.1, 192.0.2.1")).status,
        "what stands before may be made up",
      ).to.equal(429);
      expect((await use("wrong", "192.0.2.2")).status).to.equal(410);
      expect((await use("wrong", "192.0.2.1, 192.0.2.2")).status).to.equal(410);
    }));

  it("remembers no more than ten thousand addresses", () => {
    const { access } = new FaceWorld().deps();
    for (let i = 0; i < 30_000; i++)
      access.backOff.wrong(guess(i), `2001:db8:${(i >> 8).toString(16)}:${i & 255}::1`);
    expect(access.backOff.waitFor(guess(0), "2001:db8:0:0::2")).to.equal(0);
  });
});
