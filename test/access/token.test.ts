import { expect } from "chai";
import { mayGrant, maySee, LOCAL_PRINCIPAL } from "../../src/access/principal.ts";
import { atLeast, ROLES } from "../../src/access/role.ts";
import { hashSecret, looksLikeToken, newTokenSecret } from "../../src/access/token.ts";

describe("what tokens and roles are", () => {
  it("secrets are 256 random bits in base 62, always of one length, and never the same", () => {
    const secrets = Array.from({ length: 500 }, newTokenSecret);
    expect(new Set(secrets).size).to.equal(500);
    for (const secret of secrets) expect(looksLikeToken(secret), secret).to.be.true;
    const used = new Set(secrets.flatMap((secret) => [...secret.slice(4)]));
    expect(used.size, "every digit of the alphabet turns up").to.equal(62);
  });

  it("the hash is the SHA-256 that anybody can compute", () => {
    expect(hashSecret("abc")).to.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("each role may do all that the one before it may, and nothing of the next", () => {
    ROLES.forEach((role, i) =>
      ROLES.forEach((least, j) => expect(atLeast(role, least), `${role} for ${least}`).to.equal(i >= j)),
    );
  });

  it("a principal without limits sees all; a limited one sees and grants its sources alone", () => {
    const acme = { ...LOCAL_PRINCIPAL, sources: ["acme"] };
    expect([maySee(LOCAL_PRINCIPAL, "x"), maySee(acme, "acme"), maySee(acme, "x")]).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect([mayGrant(acme, ["acme"]), mayGrant(acme, null), mayGrant(acme, ["acme", "x"])]).to.deep.equal([
      true,
      false,
      false,
    ]);
  });
});
