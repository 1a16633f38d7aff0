import { expect } from "chai";
import { Access, SIGN_IN_CODE_MS } from "../../src/access/access.ts";
import { LOCAL_PRINCIPAL, type Principal } from "../../src/access/principal.ts";
import { ExpectedError } from "../../src/errors.ts";
import { FakeClock } from "../support/http-doubles.ts";
import { MemoryTokens } from "../support/memory-tokens.ts";

const ADMIN_TOKEN = "0123456789abcdef0123456789abcdef";
const ACME_ADMIN: Principal = {
  ...LOCAL_PRINCIPAL,
  type: "token",
  id: "tok_1",
  name: "acme",
  sources: ["acme"],
};

describe("access: tokens and sign-in codes", () => {
  let store: MemoryTokens;
  let clock: FakeClock;
  let access: Access;

  beforeEach(() => {
    store = new MemoryTokens();
    clock = new FakeClock();
    access = new Access({ store, clock, adminToken: ADMIN_TOKEN });
  });

  const refusal = async (promise: Promise<unknown>): Promise<ExpectedError> => {
    const error: unknown = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(ExpectedError);
    return error as ExpectedError;
  };

  it("a token lets in exactly its holder, with its role and sources; only its hash is kept", async () => {
    const { token, secret } = await access.createToken(
      { name: "ci", role: "operator", sources: ["acme"] },
      LOCAL_PRINCIPAL,
    );
    expect(secret).to.match(/^jbm_[0-9A-Za-z]{43}$/);
    expect(token.prefix).to.equal(secret.slice(0, 11));
    expect(JSON.stringify(store.tokens)).not.to.include(secret.slice(11));
    expect(await access.authenticate(secret)).to.deep.equal({
      type: "token",
      id: token.id,
      name: "ci",
      role: "operator",
      sources: ["acme"],
      expiresAt: null,
      tokenHash: token.hash,
    });
  });

  it("what is nearly a token lets nobody in, and a shape that is not ours is not even looked up", async () => {
    const { secret } = await access.createToken({ name: "ci", role: "viewer" }, LOCAL_PRINCIPAL);
    const last = secret.endsWith("a") ? "b" : "a";
    for (const wrong of [`${secret.slice(0, -1)}${last}`, secret.toUpperCase()]) {
      expect(await access.authenticate(wrong)).to.equal(undefined);
    }
    store.lookups = 0;
    for (const wrong of [
      "",
      "jbm_",
      `${secret}x`,
      ` ${secret}`,
      secret.slice(4),
      "x".repeat(500),
      ADMIN_TOKEN.slice(1),
    ]) {
      expect(await access.authenticate(wrong), wrong).to.equal(undefined);
    }
    expect(store.lookups).to.equal(0);
  });

  it("an expired token lets nobody in from its very instant on", async () => {
    const expiresAt = clock.now() + 1000;
    const { secret } = await access.createToken({ name: "ci", role: "viewer", expiresAt }, LOCAL_PRINCIPAL);
    clock.time += 999;
    expect(await access.authenticate(secret)).to.include({ role: "viewer" });
    clock.time += 1;
    expect(await access.authenticate(secret)).to.equal(undefined);
  });

  it("a revoked token lets nobody in from the next request on, although tokens are remembered", async () => {
    const { token, secret } = await access.createToken({ name: "ci", role: "viewer" }, LOCAL_PRINCIPAL);
    await access.authenticate(secret);
    await access.revoke(token.id, LOCAL_PRINCIPAL);
    expect(await access.authenticate(secret)).to.equal(undefined);
    expect((await refusal(access.revoke(token.id, LOCAL_PRINCIPAL))).status).to.equal(404);
  });

  it("a token that was read while it was being revoked is not remembered", async () => {
    const { token, secret } = await access.createToken({ name: "ci", role: "viewer" }, LOCAL_PRINCIPAL);
    const byHash = store.byHash.bind(store);
    store.byHash = async (hash) => {
      const row = await byHash(hash);
      store.byHash = byHash;
      await access.revoke(token.id, LOCAL_PRINCIPAL);
      return row;
    };
    await access.authenticate(secret);
    expect(await access.authenticate(secret)).to.equal(undefined);
  });

  it("a token revoked through another process is refused after two seconds at most", async () => {
    const { token, secret } = await access.createToken({ name: "ci", role: "viewer" }, LOCAL_PRINCIPAL);
    await access.authenticate(secret);
    store.tokens[0]!.revokedAt = clock.now();
    clock.time += 2_001;
    expect(await access.authenticate(secret), token.id).to.equal(undefined);
  });

  it("a busy token costs one look-up in two seconds and one write of lastUsedAt in a minute", async () => {
    const { secret } = await access.createToken({ name: "ci", role: "viewer" }, LOCAL_PRINCIPAL);
    store.lookups = 0;
    for (let i = 0; i < 100; i++) {
      await access.authenticate(secret);
      clock.time += 10;
    }
    expect([store.lookups, store.touches]).to.deep.equal([1, 1]);
    clock.time += 60_000;
    await access.authenticate(secret);
    expect(store.touches).to.equal(2);
    expect(store.tokens[0]!.lastUsedAt).to.equal(clock.now());
  });

  it("a database that cannot write lastUsedAt keeps nobody out", async () => {
    const { secret } = await access.createToken({ name: "ci", role: "viewer" }, LOCAL_PRINCIPAL);
    store.touch = () => Promise.reject(new Error("away"));
    expect(await access.authenticate(secret)).to.include({ name: "ci" });
  });

  it("the configured admin token is an admin without any row", async () => {
    expect(await access.authenticate(ADMIN_TOKEN)).to.include({
      id: "admin_token",
      role: "admin",
      sources: null,
    });
    expect(await new Access({ store, clock }).authenticate(ADMIN_TOKEN)).to.equal(undefined);
  });

  it("A2: an admin of one source cannot hand out, see or end more than that source", async () => {
    const all = await access.createToken({ name: "all", role: "viewer" }, LOCAL_PRINCIPAL);
    const other = await access.createToken(
      { name: "other", role: "viewer", sources: ["beta"] },
      LOCAL_PRINCIPAL,
    );
    for (const sources of [null, ["beta"], ["acme", "beta"]]) {
      expect(
        (await refusal(access.createToken({ name: "x", role: "viewer", sources }, ACME_ADMIN))).status,
      ).to.equal(403);
      expect((await refusal(access.createSignInCode({ sources }, ACME_ADMIN))).status).to.equal(403);
    }
    const own = await access.createToken({ name: "own", role: "admin" }, ACME_ADMIN);
    expect(own.token.sources).to.deep.equal(["acme"]);
    expect((await access.list(ACME_ADMIN)).map((token) => token.name)).to.deep.equal(["own"]);
    for (const { token } of [all, other]) {
      expect((await refusal(access.revoke(token.id, ACME_ADMIN))).status).to.equal(404);
    }
    expect((await access.list(LOCAL_PRINCIPAL)).length).to.equal(3);
  });

  it("a token that would be expired at once is refused", async () => {
    const made = access.createToken({ name: "x", role: "viewer", expiresAt: clock.now() }, LOCAL_PRINCIPAL);
    expect((await refusal(made)).fields[0]).to.include({ pointer: "/expiresAt" });
    expect(store.tokens).to.deep.equal([]);
  });

  it("a sign-in code becomes one token, once; of two that come together one gets it", async () => {
    const { code } = await access.createSignInCode({}, LOCAL_PRINCIPAL);
    const both = await Promise.allSettled([access.useSignInCode(code), access.useSignInCode(code)]);
    expect(both.map((one) => one.status).sort()).to.deep.equal(["fulfilled", "rejected"]);
    expect(store.tokens).to.have.length(1);
    const used = both.find((one) => one.status === "fulfilled")!;
    const principal = await access.authenticate(used.status === "fulfilled" ? used.value.secret : "");
    expect(principal).to.include({ role: "admin", sources: null });
    expect((await refusal(access.useSignInCode(code))).status).to.equal(410);
  });

  it("a sign-in code is worth nothing after ten minutes, and only its hash is kept", async () => {
    const { code, expiresAt } = await access.createSignInCode(
      { role: "viewer", sources: ["acme"] },
      LOCAL_PRINCIPAL,
    );
    expect(expiresAt).to.equal(clock.now() + SIGN_IN_CODE_MS);
    expect(JSON.stringify(store.codes)).not.to.include(code);
    clock.time = expiresAt;
    expect((await refusal(access.useSignInCode(code))).status).to.equal(410);
    expect((await refusal(access.useSignInCode(""))).message).to.include("jobmount sign-in");
    expect(store.tokens).to.deep.equal([]);
  });

  it("a sign-in code carries role and sources to its token, which does not live for ever", async () => {
    const { code } = await access.createSignInCode(
      { role: "viewer", sources: ["acme"], name: "Ann" },
      LOCAL_PRINCIPAL,
    );
    const { token } = await access.useSignInCode(code);
    expect(token).to.deep.include({ name: "Ann", role: "viewer", sources: ["acme"] });
    expect(token.expiresAt).to.equal(clock.now() + 30 * 86_400_000);
  });
});
