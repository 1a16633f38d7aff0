// Secrets at rest: what is sealed shows nothing, opens with any key of the ring, and only where it belongs.
import { expect } from "chai";
import { deriveKey, isSealed, SealError, Vault } from "../../src/db/secrets.ts";

const OLD = "the first key of all, long enough";
const NEW = "a newer key, which seals from now on";

describe("the vault of secrets (L3)", () => {
  it("seals any JSON value and gives it back", () => {
    const vault = new Vault([OLD]);
    for (const value of ["xoxb-1 🛰", "", 0, -1.5, true, false, null, [1, { a: null }], { deep: { x: [] } }]) {
      const sealed = vault.seal(value, "here");
      expect(isSealed(sealed)).to.equal(true);
      expect(vault.open(JSON.parse(JSON.stringify(sealed)), "here")).to.deep.equal(value);
    }
  });

  it("shows nothing of the value, and never the same text twice", () => {
    const vault = new Vault([OLD]);
    const sealed = vault.seal("hunter2-hunter2", "here");
    expect(sealed.$sealed).to.match(/^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/);
    const bytes = sealed.$sealed.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
    for (const text of [sealed.$sealed, ...bytes]) expect(text).not.to.contain("hunter2");
    expect(vault.seal("hunter2-hunter2", "here").$sealed).not.to.equal(sealed.$sealed);
  });

  it("seals with the first key of the ring and opens with every one", () => {
    const before = new Vault([OLD]).seal("value", "here");
    const ring = new Vault([NEW, OLD]);
    expect(ring.open(before, "here")).to.equal("value");
    const after = ring.seal("value", "here");
    expect(new Vault([NEW]).open(after, "here")).to.equal("value");
    expect(() => new Vault([OLD]).open(after, "here")).to.throw(SealError);
  });

  it("says which key is missing and what to do, without showing one", () => {
    const sealed = new Vault([OLD]).seal("value", 'the param "token"');
    expect(() => new Vault([NEW]).open(sealed, 'the param "token"'))
      .to.throw(SealError)
      .with.property("message")
      .that.matches(
        /the param "token" was made with the key [0-9a-f]{8}.*JOBMOUNT_SECRET_KEY.*add the earlier key/,
      )
      .and.not.contains(NEW);
  });

  it("refuses what was changed in any byte, moved to another context, cut or made up", () => {
    const vault = new Vault([OLD]);
    const { $sealed } = vault.seal("value", "here");
    expect(() => vault.open({ $sealed }, "there")).to.throw(
      SealError,
      /changed, or belongs to something else/,
    );
    const [version, id, nonce, rest] = $sealed.split(".") as [string, string, string, string];
    const bytes = Buffer.from(rest, "base64url");
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      const forged = [version, id, nonce, changed.toString("base64url")].join(".");
      expect(() => vault.open({ $sealed: forged }, "here"), `byte ${i}`).to.throw(SealError);
    }
    for (const cut of ["v1.", "v1.x.y.z", $sealed.slice(0, -8), $sealed.slice(0, 40), `${$sealed}.x`])
      expect(() => vault.open({ $sealed: cut }, "here"), cut).to.throw(SealError);
  });

  it("seals the named params only, once, and opens them all again", () => {
    const vault = new Vault([OLD]);
    const given = { token: "xoxb", batchSize: 100, nothing: undefined };
    const saved = vault.sealParams(given, ["token", "absent", "nothing", "toString"]);
    expect(Object.keys(saved)).to.have.members(["token", "batchSize", "nothing"]);
    expect(isSealed(saved["token"])).to.equal(true);
    expect(saved["batchSize"]).to.equal(100);
    const again = vault.sealParams(saved, ["token"]);
    expect(again["token"]).to.equal(saved["token"]);
    expect(vault.openParams(again)).to.deep.equal(given);
    expect(given.token).to.equal("xoxb");
  });

  it("does not open a secret as another param, which a page might show", () => {
    const vault = new Vault([OLD]);
    const { token } = vault.sealParams({ token: "xoxb" }, ["token"]);
    expect(() => vault.openParams({ note: token })).to.throw(SealError);
  });

  it("takes only what we made for sealed", () => {
    for (const value of [
      null,
      undefined,
      "v1.a",
      [],
      {},
      { $sealed: 1 },
      { $sealed: "x" },
      { $sealed: "v1.", a: 1 },
    ])
      expect(isSealed(value), JSON.stringify(value)).to.equal(false);
  });

  it("refuses a ring without keys and a key that is too short, without showing it", () => {
    expect(() => new Vault([])).to.throw(/JOBMOUNT_SECRET_KEY/);
    expect(() => new Vault([OLD, "short key"]))
      .to.throw(/has 9 characters/)
      .and.not.match(/short key/);
  });

  it("derives bytes for each purpose that have nothing in common", () => {
    const [one, two] = [deriveKey(OLD, "one"), deriveKey(OLD, "two")];
    expect(one).to.have.length(32);
    expect(Buffer.from(one).equals(Buffer.from(two))).to.equal(false);
    expect(Buffer.from(deriveKey(OLD, "one")).equals(Buffer.from(one))).to.equal(true);
  });
});
