import { expect } from "chai";
import { request } from "node:http";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "../../src/http/create-server.ts";
import { HttpServer, socketAddress } from "../../src/http/server.ts";
import { ADMIN_TOKEN } from "../support/http-doubles.ts";
import { Face } from "../support/face.ts";

describe("tokens, sign-in links and who is asking", () => {
  const face = new Face();
  const folder = mkdtempSync(join(tmpdir(), "jobmount-face-"));
  const socketPath = join(folder, "jobmount.sock");
  let local: HttpServer;
  before(async () => {
    face.world.addSource("acme");
    await face.start();
    local = new HttpServer(createServer(face.deps, "local"), { listen: { socketPath }, graceMs: 100 });
    await local.start();
  });
  after(async () => {
    await Promise.all([face.stop(), local.stop()]);
    rmSync(folder, { recursive: true });
  });

  /** Through the local socket, without any token. */
  const askLocally = (method: string, path: string, body?: unknown) =>
    new Promise<{ status: number; json: Record<string, unknown> }>((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const sent = request({ socketPath: socketAddress(socketPath), path, method, headers }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode!, json: JSON.parse(text) as Record<string, unknown> }),
        );
      });
      sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
    });

  const newLink = async (body?: object) => {
    const { json } = await askLocally("POST", "/api/v1/sign-in-links", body);
    const url = json["url"] as string;
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:3000\/sign-in\?code=[0-9A-Za-z]{43}$/);
    return url.slice("http://127.0.0.1:3000".length);
  };

  it("a token is shown once, listed without its secret, works, and ends at once", async () => {
    const made = await face.ask("POST", "/tokens", {
      body: { name: "ci", role: "operator", expiresAt: "2027-06-01T00:00:00+02:00" },
    });
    expect(made.status).to.equal(201);
    const { id, token, prefix } = made.json as unknown as { id: string; token: string; prefix: string };
    expect(made.json).to.deep.include({
      name: "ci",
      role: "operator",
      sources: null,
      expiresAt: "2027-05-31T22:00:00.000Z",
      lastUsedAt: null,
    });
    expect(token.startsWith(prefix)).to.be.true;
    const me = await face.ask("GET", "/me", { token });
    expect(me.json).to.deep.equal({
      type: "token",
      id,
      name: "ci",
      role: "operator",
      sources: null,
      expiresAt: "2027-05-31T22:00:00.000Z",
    });
    const listed = await face.ask("GET", "/tokens");
    expect(listed.json.data.map((one) => one["id"])).to.include(id);
    expect(listed.text).not.to.include(token).and.not.to.include('"hash"');
    expect((await face.ask("DELETE", `/tokens/${id}`)).status).to.equal(204);
    expect((await face.ask("GET", "/me", { token })).status).to.equal(401);
    expect((await face.ask("DELETE", `/tokens/${id}`)).status).to.equal(404);
  });

  it("a name of a source that is not there is warned of, with the nearest that one may see: it may come yet", async () => {
    const make = async (sources: string[] | null, token?: string) => {
      const { status, json } = await face.ask("POST", "/tokens", {
        body: { name: "x", role: "viewer", sources },
        token,
      });
      expect(status).to.equal(201);
      return json["warnings"] as unknown as { code: string; message: string }[];
    };
    expect(await make(["acme", "default", "builtin"])).to.deep.equal([]);
    expect(await make(null)).to.deep.equal([]);
    expect(await make(["acme", "acne", "elsewhere"])).to.deep.equal([
      {
        code: "unknown_source",
        message:
          'There is no source "acne". Did you mean "acme"? Nothing is to be seen of it until one of this name is mounted.',
      },
      {
        code: "unknown_source",
        message:
          'There is no source "elsewhere". Nothing is to be seen of it until one of this name is mounted.',
      },
    ]);
    // Whoever may see one source alone is not told of others by way of a guess.
    const tenant = await face.token({ role: "admin", sources: ["acne"] });
    const [warning] = await make(["acne"], tenant);
    expect(warning!.message).not.to.include("acme");
    const link = await askLocally("POST", "/api/v1/sign-in-links", { sources: ["acne"] });
    expect(link.json["warnings"]).to.have.length(1);
    face.world.tokens.codes.splice(0);
  });

  it("bad tokens are refused by field", async () => {
    for (const [body, pointer] of [
      [{ role: "viewer" }, "/name"],
      [{ name: "", role: "viewer" }, "/name"],
      [{ name: "x" }, "/role"],
      [{ name: "x", role: "root" }, "/role"],
      [{ name: "x", role: "viewer", sources: [] }, "/sources"],
      [{ name: "x", role: "viewer", sources: "acme" }, "/sources"],
      [{ name: "x", role: "viewer", sources: [1] }, "/sources"],
      [{ name: "x", role: "viewer", expiresAt: "2027-02-30T00:00:00Z" }, "/expiresAt"],
      [{ name: "x", role: "viewer", expiresAt: "2020-01-01T00:00:00Z" }, "/expiresAt"],
      [{ name: "x", role: "viewer", expiresAt: 5 }, "/expiresAt"],
    ] as const) {
      const answer = await face.ask("POST", "/tokens", { body });
      expect([answer.status, answer.json.errors[0]!["pointer"]], JSON.stringify(body)).to.deep.equal([
        422,
        pointer,
      ]);
    }
  });

  it("the configured admin token works over the network", async () => {
    expect((await face.ask("GET", "/me", { token: ADMIN_TOKEN })).json).to.include({ role: "admin" });
    const lower = await face.fetch("/api/v1/me", { headers: { authorization: `bearer ${ADMIN_TOKEN}` } });
    expect(lower.status).to.equal(200);
  });

  it("A5: the local socket is its owner's alone, and whoever opens it is an admin", async () => {
    expect(statSync(socketPath).mode & 0o777).to.equal(0o600);
    expect((await askLocally("GET", "/api/v1/me")).json).to.include({ type: "local", role: "admin" });
    const run = await askLocally("POST", "/api/v1/jobs/open/runs", {});
    expect(run.json).to.deep.include({ trigger: "cli", actor: { type: "local", name: "local" } });
  });

  it("sign-in links come from the local socket alone", async () => {
    const answer = await face.ask("POST", "/sign-in-links", { token: ADMIN_TOKEN });
    expect(answer.status).to.equal(403);
    expect(answer.json.detail).to.include("jobmount sign-in");
    expect(face.world.tokens.codes).to.deep.equal([]);
  });

  it("links that nobody used are listed without their codes, to whom they belong, and can be taken back", async () => {
    face.world.tokens.codes.splice(0);
    const link = await newLink({ role: "viewer", sources: ["acme"], name: "Acme" });
    const other = await newLink();
    const listed = await face.ask("GET", "/sign-in-links");
    expect(listed.json.data).to.have.length(2);
    expect(listed.text).not.to.include(link.split("=")[1]).and.not.to.include(other.split("=")[1]);
    const acme = await face.token({ role: "admin", sources: ["acme"] });
    const own = await face.ask("GET", "/sign-in-links", { token: acme });
    expect(own.json.data.map(({ name, role, sources }) => [name, role, sources])).to.deep.equal([
      ["Acme", "viewer", ["acme"]],
    ]);
    const all = listed.json.data.map(({ id }) => id as unknown as string);
    const id = own.json.data[0]!["id"] as unknown as string;
    const foreign = all.find((one) => one !== id)!;
    expect((await face.ask("DELETE", `/sign-in-links/${foreign}`, { token: acme })).status).to.equal(404);
    expect((await face.ask("GET", "/sign-in-links", { token: face.tokens.editor })).status).to.equal(403);
    expect((await face.ask("DELETE", `/sign-in-links/${id}`)).status).to.equal(204);
    expect((await face.ask("DELETE", `/sign-in-links/${id}`)).status).to.equal(404);
    expect((await face.fetch(link, { method: "POST" })).status).to.equal(410);
    expect((await face.fetch(other, { method: "POST" })).status).to.equal(200);
    expect((await face.ask("GET", "/sign-in-links")).json.data).to.deep.equal([]);
    face.world.tokens.codes.splice(0);
  });

  it("opening a link only shows a button: no script, a strict policy, and the code stays good", async () => {
    const link = await newLink();
    for (let i = 0; i < 2; i++) {
      const page = await face.fetch(link, { headers: { accept: "text/html" } });
      expect(page.status).to.equal(200);
      expect(page.headers.get("content-type")).to.equal("text/html; charset=utf-8");
      expect(page.headers.get("content-security-policy")).to.match(
        /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
      expect(page.headers.get("referrer-policy")).to.equal("same-origin");
      expect(page.text)
        .to.include('<form method="post"')
        .and.not.to.include("<script")
        .and.not.to.include("style=");
      expect(page.text).to.include("<button>").and.to.include("Sign in to Jobmount on this browser");
    }
    expect(face.world.tokens.codes.every((code) => code.usedAt === null)).to.be.true;
  });

  it("pressing the button shows a token that works, once; the second time says what to do", async () => {
    const link = await newLink({ role: "viewer", sources: ["default"], name: "Ann" });
    const page = await face.fetch(link, { method: "POST", headers: { accept: "text/html" } });
    const token = /export JOBMOUNT_TOKEN=(jbm_\w{43})\n/.exec(page.text)![1]!;
    expect(page.text).to.include(
      "curl -H &quot;Authorization: Bearer $JOBMOUNT_TOKEN&quot; http://127.0.0.1:3000/api/v1/jobs",
    );
    expect(page.text.indexOf("<details>"), "not in plain sight").to.be.lessThan(page.text.indexOf(token));
    expect(page.text).to.include("<details>");
    expect(page.headers.get("cache-control")).to.equal("no-store");
    const me = await face.ask("GET", "/me", { token });
    expect(me.json).to.deep.include({ name: "Ann", role: "viewer", sources: ["default"] });
    const again = await face.fetch(link, { method: "POST", headers: { accept: "text/html" } });
    expect(again.status).to.equal(410);
    expect(again.text).to.include("jobmount sign-in").and.not.to.include("jbm_");
  });

  it("a script gets JSON, and a problem for a used link", async () => {
    const link = await newLink();
    const { json } = await face.fetch(link, { method: "POST" });
    expect(json.token).to.match(/^jbm_/);
    expect(json).to.include({ role: "admin", expiresAt: "2027-02-01T03:04:05.678Z" });
    const again = await face.fetch(link, { method: "POST" });
    expect([again.status, again.headers.get("content-type")]).to.deep.equal([
      410,
      "application/problem+json",
    ]);
  });

  it("a code that is none makes nothing, and cannot write into the page", async () => {
    const evil = encodeURIComponent('"><script>alert(1)</script>');
    const page = await face.fetch(`/sign-in?code=${evil}`, { headers: { accept: "text/html" } });
    expect(page.text).not.to.include("<script>");
    expect((await face.fetch(`/sign-in?code=${evil}`, { method: "POST" })).status).to.equal(410);
    expect((await face.fetch("/sign-in", { method: "POST" })).status).to.equal(410);
  });
});
