// L3: no form of a secret passes, whole or cut, in one line or over several; and nothing else is touched.
import { expect } from "chai";
import { inspect } from "node:util";
import { MASK, Masker } from "../../src/runs/masker.ts";
import { MaskedLines } from "../../src/runs/masked-lines.ts";
import { formsOf, secretsOfEnv } from "../../src/runs/secret-forms.ts";

const SECRETS = [
  "xoxb-1234567890-abcdef",
  'quo"te\\d & spaced/pa+ss=w%rd',
  "pässwörd-🛰-ünïcode",
  'it\'s "both" C:\\dir\\key',
  "12345678",
  "a".repeat(8),
  "abababababab",
  "$&$1`'(regular)[expression]*+?.^|{}",
  `-----BEGIN KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n".repeat(3)}-----END KEY-----`,
  "key\r\nwith\tcontrols\u0007\u2028",
];

/** What a job might do with it, and what must not be found afterwards. */
const WRITTEN: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  base64: (secret) => Buffer.from(secret).toString("base64"),
  base64url: (secret) => Buffer.from(secret).toString("base64url"),
  "URL component": (secret) => encodeURIComponent(secret),
  "URL component in small letters": (secret) =>
    encodeURIComponent(secret).replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
  "form field": (secret) => new URLSearchParams({ a: secret }).toString().slice(2),
  JSON: (secret) => JSON.stringify(secret).slice(1, -1),
  "JSON in a URL": (secret) => encodeURIComponent(JSON.stringify(secret)),
  "as console.log shows it": (secret) => inspect({ secret }, { breakLength: Infinity }).slice(10, -2),
  "as console.log shows it among all quotes": (secret) =>
    inspect({ a: `"'\`${secret}` }, { breakLength: Infinity }).slice(4, -2),
  "JSON in JSON": (secret) => JSON.stringify(JSON.stringify({ secret })),
};

describe("L3: masking", () => {
  for (const secret of SECRETS) {
    describe(JSON.stringify(secret.slice(0, 24)), () => {
      const masker = Masker.of([secret])!;

      for (const [name, write] of Object.entries(WRITTEN)) {
        it(`${name}: alone, inside and several times`, () => {
          const written = write(secret);
          for (const [before, after] of [
            ["", ""],
            ["token=", "&x"],
            ["…", "…"],
            ["«", `» and again ${written}!`],
          ]) {
            const masked = masker.text(`${before}${written}${after}`);
            for (const form of [written, ...formsOf(secret)]) expect(masked).not.to.include(form);
            expect(masked).to.include(MASK);
          }
        });
      }

      it("base64 at any place of a group, as in a header of user and password", () => {
        for (const user of ["", "a", "ab", "abc", "user:"]) {
          const header = Buffer.from(`${user}${secret}${user}`).toString("base64");
          const masked = masker.text(`Authorization: Basic ${header}`);
          const left = masked.replace("Authorization: Basic ", "").replaceAll(MASK, "");
          expect(left.length, masked).to.be.at.most(2 * Math.ceil((user.length * 4) / 3) + 8);
        }
      });

      it("cut at every place, no more than three characters of it are left before the mark of the cut", () => {
        for (let at = 1; at < Math.min(secret.length, 60); at++) {
          const masked = masker.text(`see ${secret.slice(0, at)}… (cut)`);
          if (at >= 4) expect(masked, `cut at ${at}`).to.equal(`see ${MASK}… (cut)`);
          const line = masker.text(`see ${secret.slice(0, at)}… (cut, 20000 characters)`);
          expect(line, `a line cut at ${at}`).to.equal(`see ${MASK}… (cut, 20000 characters)`);
        }
      });

      it("over several lines, however they come, and nothing else is lost or moved", () => {
        const text = `first\n${secret}\nbetween ${secret} and\nlast`;
        const lines = text.split("\n").map((one, n) => ({ n, text: one }));
        for (const size of [1, 2, 3, lines.length]) {
          const stream = new MaskedLines<{ n: number; text: string }>(masker);
          const out: { n: number; text: string }[] = [];
          for (let i = 0; i < lines.length; i += size) out.push(...stream.push(lines.slice(i, i + size)));
          out.push(...stream.flush());
          const told = out.map((one) => one.text).join("\n");
          expect(told, `by ${size}`).to.equal(`first\n${MASK}\nbetween ${MASK} and\nlast`);
          expect(out.map(({ n }) => n)).to.deep.equal(out.map(({ n }) => n).sort((a, b) => a - b));
        }
      });
    });
  }

  it("holds back only what may be a secret, and tells it when it was none", () => {
    const masker = Masker.of(["one\ntwo\nthree"])!;
    const stream = new MaskedLines(masker);
    const push = (...texts: string[]) => stream.push(texts.map((text) => ({ text }))).map(({ text }) => text);
    expect(push("zero")).to.deep.equal(["zero"]);
    expect(push("one")).to.deep.equal([]);
    expect(push("two")).to.deep.equal([]);
    expect(push("four")).to.deep.equal(["one", "two", "four"]);
    expect(push("not one", "two")).to.deep.equal([]);
    expect(push("one", "two", "three and")).to.deep.equal(["not one", "two", `${MASK} and`]);
    expect(push("one")).to.deep.equal([]);
    expect(stream.flush().map(({ text }) => text)).to.deep.equal(["one"]);
  });

  it("masks texts, keys and numbers at any depth of a value, and leaves the rest the very same", () => {
    const masker = Masker.of(["a-long-secret", { deep: ["another-secret", 1234567890] }])!;
    const value = {
      "a-long-secret": 1,
      list: [{ x: "see another-secret" }, 1234567890, 12, null, true],
      kept: { a: 1 },
    };
    expect(masker.value(value)).to.deep.equal({
      [MASK]: 1,
      list: [{ x: `see ${MASK}` }, MASK, 12, null, true],
      kept: { a: 1 },
    });
    const clean = { a: [1, "b", { c: null }] };
    expect(masker.value(clean)).to.equal(clean);
    const text = JSON.stringify({ deep: ["another-secret", 1234567890] });
    expect(masker.text(`whole: ${text}`)).to.equal(`whole: ${MASK}`);
  });

  it("the password in a secret address is one too", () => {
    const masker = Masker.of(["mysql://user:p%40ssw%2Frd!@host:3306/db"])!;
    for (const written of ["p@ssw/rd!", "p%40ssw%2Frd!", "mysql://user:p%40ssw%2Frd!@host:3306/db"])
      expect(masker.text(`with ${written}.`)).to.equal(`with ${MASK}.`);
    expect(masker.text("host:3306/db of user")).to.equal("host:3306/db of user");
  });

  it("makes nothing for what is too short or not there, so that jobs without secrets pay nothing", () => {
    for (const secrets of [[], ["1234567"], [null, undefined, true, 1234], [{ a: "short" }].map((o) => o.a)])
      expect(Masker.of(secrets)).to.equal(undefined);
  });

  it("does no harm to a megabyte of text without secrets, and finds the one at its end", () => {
    const masker = Masker.of(SECRETS)!;
    const text = "a log line with nothing in it… and a mark\n".repeat(25_000);
    const from = performance.now();
    expect(masker.text(text)).to.equal(text);
    expect(masker.text(`${text}${SECRETS[0]}`)).to.equal(`${text}${MASK}`);
    expect(performance.now() - from).to.be.below(5_000);
  });

  it("takes a secret of half a megabyte in its stride", () => {
    const huge = Array.from({ length: 12_000 }, (_, i) => `line ${i} of a very long secret key`).join("\n");
    const masker = Masker.of([huge])!;
    const from = performance.now();
    expect(masker.text(`a ${huge.slice(0, 16_000)}… (cut)`)).to.equal(`a ${MASK}… (cut)`);
    expect(masker.text(huge)).to.equal(MASK);
    expect(performance.now() - from).to.be.below(5_000);
  });

  it("of a job's variables those are secret whose name says so by its last word, and passwords in addresses", () => {
    const secret = [
      "SLACK_TOKEN",
      "token",
      "AWS_SECRET_ACCESS_KEY",
      "DB_PASSWORD",
      "X_APIKEY",
      "CLIENT_SECRET_2",
      "GCP_CREDENTIALS",
    ];
    for (const name of secret)
      expect(secretsOfEnv({ [name]: "a long value" }), name).to.include("a long value");
    const plain = ["GREETING", "TOKEN_URL", "DB_PASSWORD_FILE", "MONKEY", "KEYBOARD", "SECRETARY"];
    for (const name of plain) expect(secretsOfEnv({ [name]: "a long value" }), name).to.deep.equal([]);
    expect(secretsOfEnv({ HOME_URL: "https://me:se%20cret@x/" })).to.deep.equal(["se%20cret", "se cret"]);
  });
});
