// TokenStore on every database: tokens, and codes that become one token once.
import { expect } from "chai";
import type { SignInCode, Token } from "../../src/access/token.ts";
import type { Database } from "../../src/db/database.ts";
import { isDuplicate } from "../../src/db/sql.ts";
import { DbTokenStore } from "../../src/db/token-store.ts";
import { onEveryDatabase } from "../support/databases.ts";

function token(id: string, more: Partial<Token> = {}): Token {
  return {
    id,
    name: `the token ${id}`,
    prefix: "jbm_abcdefg",
    hash: `hash of ${id}`,
    role: "operator",
    sources: null,
    createdAt: 1_000,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...more,
  };
}

const code = (hash: string, more: Partial<SignInCode> = {}): SignInCode => ({
  hash,
  name: "first sign-in",
  role: "admin",
  sources: null,
  expiresAt: 5_000,
  usedAt: null,
  ...more,
});

onEveryDatabase("TokenStore", (databases) => {
  let database: Database;
  let store: DbTokenStore;
  before(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    store = new DbTokenStore(database);
  });
  beforeEach(() =>
    database.write(async (sql) => {
      await sql.run("DELETE FROM tokens");
      await sql.run("DELETE FROM sign_in_codes");
    }),
  );

  it("gives back every field as it was put in, by hash and by id", async () => {
    const full = token("tok_1", {
      name: "naïve 🛰",
      role: "admin",
      sources: ["default", "tenant-b"],
      expiresAt: Number.MAX_SAFE_INTEGER,
      lastUsedAt: 0,
    });
    await store.insert(full);
    await store.insert(token("tok_2"));
    expect(await store.byHash(full.hash)).to.deep.equal(full);
    expect(await store.byId("tok_1")).to.deep.equal(full);
    expect(await store.byId("tok_2")).to.deep.equal(token("tok_2"));
  });

  it("finds hashes byte by byte and nothing else", async () => {
    await store.insert(token("tok_1", { hash: "abc" }));
    for (const hash of ["ABC", "abc ", "ab", "", "%"]) expect(await store.byHash(hash)).to.equal(undefined);
    const twice = await store.insert(token("tok_2", { hash: "abc" })).catch((error: unknown) => error);
    expect(isDuplicate(twice)).to.equal(true);
  });

  it("keeps an empty list of sources apart from no limit", async () => {
    await store.insert(token("tok_1", { sources: [] }));
    expect((await store.byId("tok_1"))!.sources).to.deep.equal([]);
  });

  it("lists what is not revoked, oldest first", async () => {
    await store.insert(token("tok_c", { createdAt: 1 }));
    await store.insert(token("tok_b", { createdAt: 3 }));
    await store.insert(token("tok_a", { createdAt: 3 }));
    await store.insert(token("tok_d", { createdAt: 2 }));
    expect(await store.revoke("tok_d", 9)).to.equal(true);
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(["tok_c", "tok_a", "tok_b"]);
  });

  it("revokes once: the first instant stays", async () => {
    await store.insert(token("tok_1"));
    expect(await store.revoke("tok_1", 7)).to.equal(true);
    expect(await store.revoke("tok_1", 8)).to.equal(false);
    expect(await store.revoke("tok_unknown", 8)).to.equal(false);
    expect((await store.byId("tok_1"))!.revokedAt).to.equal(7);
  });

  it("moves the last use forward only", async () => {
    await store.insert(token("tok_1"));
    await store.touch("tok_1", 50);
    await store.touch("tok_1", 40);
    await store.touch("tok_unknown", 40);
    expect((await store.byId("tok_1"))!.lastUsedAt).to.equal(50);
  });

  it("turns a code into the token that it stands for, once", async () => {
    await store.insertCode(code("c", { role: "viewer", sources: ["default"], name: "für Zoë" }));
    const seen: SignInCode[] = [];
    const make = (given: SignInCode) => {
      seen.push(given);
      return token(`tok_${seen.length}`, { role: given.role, sources: given.sources });
    };
    const made = await store.redeemCode("c", 4_999, make);
    expect(seen[0]).to.deep.equal(
      code("c", { role: "viewer", sources: ["default"], name: "für Zoë", usedAt: 4_999 }),
    );
    expect(await store.byId("tok_1")).to.deep.equal(made);
    expect(await store.redeemCode("c", 4_999, make)).to.equal(undefined);
    expect(seen).to.have.length(1);
  });

  it("refuses codes that are unknown or expired", async () => {
    await store.insertCode(code("c"));
    expect(await store.redeemCode("c", 5_000, () => token("tok_1"))).to.equal(undefined);
    expect(await store.redeemCode("other", 1, () => token("tok_1"))).to.equal(undefined);
    expect(await store.list()).to.deep.equal([]);
  });

  it("gives the token to one of many that redeem the same code at once", async () => {
    await store.insertCode(code("c"));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        store.redeemCode("c", 1, () => token(`tok_${i}`, { hash: `h${i}` })),
      ),
    );
    expect(answers.filter(Boolean)).to.have.length(1);
    expect(await store.list()).to.have.length(1);
  });

  it("leaves the code usable when the token could not be made or written", async () => {
    await store.insertCode(code("c"));
    await store.insert(token("tok_1"));
    const throwing = store.redeemCode("c", 1, () => {
      throw new Error("not now");
    });
    expect(await throwing.catch((error: Error) => error.message)).to.equal("not now");
    const taken = await store.redeemCode("c", 1, () => token("tok_1")).catch((error: unknown) => error);
    expect(isDuplicate(taken)).to.equal(true);
    expect(await store.redeemCode("c", 1, () => token("tok_2"))).to.deep.equal(token("tok_2"));
  });

  it("lists the codes that can still be used, the first to end first, and takes one back once", async () => {
    await store.insertCode(code("late", { expiresAt: 9_000, sources: ["acme"] }));
    await store.insertCode(code("soon"));
    await store.insertCode(code("over", { expiresAt: 10 }));
    await store.insertCode(code("used", { usedAt: 5 }));
    const open = async () => (await store.openCodes(1_000)).map(({ hash }) => hash);
    expect(await open()).to.deep.equal(["soon", "late"]);
    expect(await store.removeCode("soon")).to.equal(true);
    expect(await store.removeCode("soon")).to.equal(false);
    expect(await store.removeCode("used")).to.equal(false);
    expect(await open()).to.deep.equal(["late"]);
    expect(await store.redeemCode("soon", 1_000, () => token("tok_9"))).to.equal(undefined);
  });
});
