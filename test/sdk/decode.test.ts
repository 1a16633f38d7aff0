// Params as words of a command line.
import { expect } from "chai";
import { decodeText } from "../../src/sdk/decode.ts";
import { checkParams } from "../../src/sdk/params.ts";
import { specOf } from "./listening-context.ts";

const list = (of: string): object => ({ type: "list", of });
const many = { type: "select", options: ["a", "b"], multiple: true };

const VALUES: [param: object, text: string, value: unknown][] = [
  [{ type: "string" }, " x ", " x "],
  [{ type: "string" }, "", ""],
  [{ type: "string" }, "5", "5"],
  [{ type: "text" }, "a\nb", "a\nb"],
  [{ type: "password" }, "s3cret", "s3cret"],
  [{ type: "url" }, "https://a.b", "https://a.b"],
  [{ type: "email" }, "a@b.c", "a@b.c"],
  [{ type: "date" }, "2026-01-01", "2026-01-01"],
  [{ type: "datetime" }, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  [{ type: "integer" }, "100", 100],
  [{ type: "integer" }, " -7 ", -7],
  [{ type: "integer" }, "+7", 7],
  [{ type: "number" }, "2.5", 2.5],
  [{ type: "number" }, ".5", 0.5],
  [{ type: "number" }, "1e3", 1000],
  [{ type: "boolean" }, "true", true],
  [{ type: "boolean" }, "YES", true],
  [{ type: "boolean" }, "on", true],
  [{ type: "boolean" }, "1", true],
  [{ type: "boolean" }, "false", false],
  [{ type: "boolean" }, "No", false],
  [{ type: "boolean" }, "off", false],
  [{ type: "boolean" }, "0", false],
  [{ type: "select", options: ["a", "b"] }, "a", "a"],
  [many, "a, b", ["a", "b"]],
  [many, "", []],
  [list("string"), "a,b c,", ["a", "b c", ""]],
  [list("string"), '["a,b", "c"]', ["a,b", "c"]],
  [list("integer"), "1, 2,3", [1, 2, 3]],
  [list("number"), "0.5", [0.5]],
  [list("integer"), "[1, 2]", [1, 2]],
  [list("url"), "https://a.b,https://c.d", ["https://a.b", "https://c.d"]],
  [{ type: "json" }, '{"a": [1]}', { a: [1] }],
  [{ type: "json" }, "null", null],
];

const WRONG: [param: object, text: string, says: RegExp][] = [
  [{ type: "integer" }, "1.5", /must be a whole number, but is "1.5"/],
  [{ type: "integer" }, "", /whole number/],
  [{ type: "integer" }, "0x10", /whole number/],
  [{ type: "integer" }, "1e3", /whole number/],
  [{ type: "integer" }, "9".repeat(1_000), /whole number/],
  [{ type: "number" }, "1e400", /must be a number/],
  [{ type: "number" }, "Infinity", /must be a number/],
  [{ type: "number" }, "1,5", /must be a number/],
  [{ type: "number" }, ".", /must be a number/],
  [{ type: "boolean" }, "maybe", /true or false \(yes, no, on, off, 1, 0\), but is "maybe"/],
  [{ type: "boolean" }, "", /true or false/],
  [list("integer"), "1,x", /numbers separated by commas/],
  [list("integer"), "[1", /JSON/],
  [{ type: "json" }, "{a: 1}", /must be JSON/],
  [{ type: "json", secret: true }, "hunter2", /^must be JSON$/],
];

describe("decodeText", () => {
  for (const [param, text, value] of VALUES) {
    it(`${JSON.stringify(param)}: ${JSON.stringify(text)} is ${JSON.stringify(value)}`, () => {
      const spec = specOf({ optionalParams: { p: param } });
      expect(decodeText(spec, "p", text)).to.deep.equal({ ok: true, value });
    });
  }

  for (const [param, text, says] of WRONG) {
    it(`${JSON.stringify(param)}: ${JSON.stringify(text).slice(0, 20)} is refused`, () => {
      const spec = specOf({ optionalParams: { p: param } });
      const decoded = decodeText(spec, "p", text, "/params");
      if (decoded.ok) return expect.fail(JSON.stringify(decoded.value));
      expect(decoded.error).to.include({ pointer: "/params/p", code: "type" });
      return expect(decoded.error.message).to.match(says);
    });
  }

  it("names the nearest param for an unknown one", () => {
    const spec = specOf({ optionalParams: { batchSize: { type: "integer" } } });
    expect(decodeText(spec, "batch-size", "5")).to.deep.equal({
      ok: false,
      error: {
        pointer: "/batch-size",
        code: "unknown",
        message: 'the job has no param "batch-size"; did you mean "batchSize"?',
      },
    });
    expect(decodeText(spec, "__proto__", "5")).to.have.property("ok", false);
  });

  it("what it reads, checkParams then checks: form here, rules there", () => {
    const spec = specOf({ optionalParams: { n: { type: "integer", max: 5 } } });
    const decoded = decodeText(spec, "n", "6");
    expect(decoded).to.deep.equal({ ok: true, value: 6 });
    expect(checkParams(spec, { n: 6 })).to.have.nested.property("errors[0].code", "max");
  });
});
