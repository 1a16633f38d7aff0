// Every param type with each of its constraints, held against JSON values.
import { expect } from "chai";
import { checkSchema } from "../../src/json-schema.ts";
import { checkParams, maskParams, secretParams } from "../../src/sdk/params.ts";
import { specOf } from "./listening-context.ts";

type Row = [
  param: object,
  value: unknown,
  expected: { is: unknown } | { code: string; at?: string; says?: RegExp },
];

const is = (value: unknown): { is: unknown } => ({ is: value });
const bad = (code: string, says?: RegExp, at = ""): { code: string; says?: RegExp; at: string } => ({
  code,
  at,
  ...(says ? { says } : {}),
});
const sel = { type: "select", options: ["a", "b", "c"] };
const many = { ...sel, multiple: true };
const emoji = "😀";

const ROWS: Row[] = [
  [{ type: "string" }, "x", is("x")],
  [{ type: "string" }, "", is("")],
  [{ type: "string" }, 5, bad("type", /must be a text, but is 5/)],
  [{ type: "string" }, null, bad("type", /but is null/)],
  [{ type: "string" }, ["x"], bad("type", /but is a list/)],
  [{ type: "string" }, {}, bad("type", /but is an object/)],
  [{ type: "string", minLength: 2 }, "a", bad("min_length", /at least 2 characters, but has 1/)],
  [{ type: "string", minLength: 2 }, emoji, bad("min_length", /has 1/)],
  [{ type: "string", maxLength: 2 }, emoji + emoji, is(emoji + emoji)],
  [{ type: "string", maxLength: 2 }, "abc", bad("max_length", /at most 2 characters, but has 3/)],
  [{ type: "string", pattern: "^[a-z]+$" }, "abc", is("abc")],
  [
    { type: "string", pattern: "^[a-z]+$" },
    "ab1",
    bad("pattern", /must match the pattern "\^\[a-z\]\+\$", but is "ab1"/),
  ],
  [{ type: "string", pattern: "b" }, "abc", is("abc")],
  [{ type: "text", maxLength: 3 }, "a\nb", is("a\nb")],
  [{ type: "text", minLength: 1 }, "", bad("min_length")],
  [{ type: "password" }, "hunter2", is("hunter2")],
  [{ type: "password", minLength: 99 }, "hunter2", bad("min_length", /^(?!.*hunter2)/)],
  [{ type: "password", pattern: "^x" }, "hunter2", bad("pattern", /^(?!.*hunter2)/)],
  [{ type: "password" }, 12345678, bad("type", /^(?!.*1234)/)],
  [{ type: "url" }, "https://example.org/a?b#c", is("https://example.org/a?b#c")],
  [{ type: "url" }, "mysql://u:p@host:3306/db", is("mysql://u:p@host:3306/db")],
  ...[
    "example.org",
    "/path",
    "https://",
    "http:example.org",
    "javascript:alert(1)",
    "https://a b",
    " https://a.b",
    "https://a.b\n",
    "https://[",
    "file:///etc/passwd",
    "",
  ].map((url): Row => [{ type: "url" }, url, bad("format", /absolute URL/)]),
  [{ type: "url" }, `https://a.b/${"x".repeat(9_000)}`, bad("format")],
  [{ type: "url", secret: true }, "nope-secret", bad("format", /^(?!.*nope)/)],
  [{ type: "email" }, "name+tag@mail.example.org", is("name+tag@mail.example.org")],
  ...[
    "name",
    "@x.y",
    "a@",
    "a b@c.d",
    "a@b..c",
    "a@-b.c",
    `${"a".repeat(65)}@b.c`,
    `a@${"b".repeat(250)}.c`,
  ].map((email): Row => [{ type: "email" }, email, bad("format", /e-mail address/)]),
  [{ type: "integer" }, 0, is(0)],
  [{ type: "integer" }, -0, is(0)],
  [{ type: "integer" }, 1.0, is(1)],
  [{ type: "integer" }, 2 ** 53 - 1, is(2 ** 53 - 1)],
  [{ type: "integer" }, 2 ** 53, bad("type", /2\^53/)],
  [{ type: "integer" }, 1.5, bad("type", /whole number/)],
  [{ type: "integer" }, "100", bad("type", /must be a whole number, but is "100"/)],
  [{ type: "integer" }, JSON.parse("1e400"), bad("type", /Infinity/)],
  [{ type: "integer" }, Number.NaN, bad("type")],
  [{ type: "integer" }, 5n, bad("type")],
  [{ type: "integer" }, true, bad("type")],
  [{ type: "integer", min: 1 }, 0, bad("min", /must be at least 1, but is 0/)],
  [{ type: "integer", min: 1 }, 1, is(1)],
  [{ type: "integer", max: 5 }, 5, is(5)],
  [{ type: "integer", max: 5 }, 6, bad("max", /must be at most 5, but is 6/)],
  [{ type: "integer", step: 5 }, 10, is(10)],
  [{ type: "integer", step: 5 }, 12, bad("step", /multiple of 5/)],
  [{ type: "number" }, 1.5, is(1.5)],
  [{ type: "number" }, "1.5", bad("type", /must be a number/)],
  [{ type: "number" }, JSON.parse("-1e400"), bad("type")],
  [{ type: "number", step: 0.1 }, 0.3, is(0.3)],
  [{ type: "number", step: 0.1 }, 1.1, is(1.1)],
  [{ type: "number", step: 0.1 }, 0.35, bad("step")],
  [{ type: "number", step: 0.1 }, 1e308, is(1e308)],
  [{ type: "number", step: 1e-300 }, 1e300, is(1e300)],
  [{ type: "number", min: -0.5, max: 0.5 }, 0.51, bad("max")],
  [{ type: "boolean" }, false, is(false)],
  ...["true", 1, 0, null, [], "yes"].map((value): Row => [
    { type: "boolean" },
    value,
    bad("type", /true or false/),
  ]),
  [sel, "b", is("b")],
  [sel, "d", bad("option", /must be one of "a", "b", "c", but is "d"/)],
  [sel, ["a"], bad("option")],
  [sel, 1, bad("option")],
  [sel, "toString", bad("option")],
  [many, ["c", "a"], is(["c", "a"])],
  [many, [], is([])],
  [many, "a", bad("type", /list of options/)],
  [many, ["a", "x"], bad("option", /one of/, "/1")],
  [many, ["a", "a"], bad("unique", /same as item 0/, "/1")],
  [{ type: "list", of: "string" }, ["x", ""], is(["x", ""])],
  [{ type: "list", of: "string" }, [1], bad("type", /text/, "/0")],
  [{ type: "list", of: "string" }, "a,b", bad("type", /must be a list/)],
  [{ type: "list", of: "string" }, { 0: "a", length: 1 }, bad("type")],
  [{ type: "list", of: "integer" }, [1, 2], is([1, 2])],
  [{ type: "list", of: "integer" }, [1, 2.5], bad("type", /whole/, "/1")],
  [{ type: "list", of: "integer" }, ["1"], bad("type", /whole/, "/0")],
  [{ type: "list", of: "number" }, [0.5], is([0.5])],
  [{ type: "list", of: "url" }, ["https://a.b"], is(["https://a.b"])],
  [{ type: "list", of: "url" }, ["a.b"], bad("format", /URL/, "/0")],
  [{ type: "list", of: "email" }, ["a@b.c", "x"], bad("format", /e-mail/, "/1")],
  [{ type: "list", of: "date" }, ["2026-02-28"], is(["2026-02-28"])],
  [{ type: "list", of: "date" }, ["2026-02-30"], bad("format", /day that exists/, "/0")],
  [{ type: "list", of: "string", minItems: 1 }, [], bad("min_items", /at least 1 items/)],
  [{ type: "list", of: "string", maxItems: 1 }, ["a", "b"], bad("max_items", /at most 1 items/)],
  [{ type: "list", of: "string", unique: true }, ["a", "b", "a"], bad("unique", /same as item 0/, "/2")],
  [{ type: "list", of: "integer", unique: true }, [0, -0], bad("unique", undefined, "/1")],
  [{ type: "list", of: "string" }, ["a", "a"], is(["a", "a"])],
  [{ type: "date" }, "2024-02-29", is("2024-02-29")],
  [{ type: "date" }, "0001-01-01", is("0001-01-01")],
  ...[
    "2025-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-1-1",
    "26-01-01",
    "2026-01-01T00:00:00Z",
    "today",
    "",
  ].map((date): Row => [{ type: "date" }, date, bad("format")]),
  [{ type: "datetime" }, "2026-02-28T14:30:00Z", is("2026-02-28T14:30:00Z")],
  [{ type: "datetime" }, "2026-02-28T14:30:00.123456Z", is("2026-02-28T14:30:00.123456Z")],
  [{ type: "datetime" }, "2026-02-28t14:30:00z", is("2026-02-28T14:30:00Z")],
  [{ type: "datetime" }, "2026-03-01T01:30:00.5+02:00", is("2026-02-28T23:30:00.5Z")],
  ...[
    "2026-02-28T14:30:00",
    "2026-02-28",
    "2026-02-28T24:00:00Z",
    "2026-02-28T14:60:00Z",
    "2026-02-28T23:59:60Z",
    "2026-02-30T00:00:00Z",
    "0000-01-01T00:00:00+12:00",
    "2026-02-28T14:30Z",
  ].map((instant): Row => [{ type: "datetime" }, instant, bad("format")]),
  [{ type: "datetime" }, 1_772_289_000_000, bad("type")],
  [{ type: "json" }, { a: [1, null, "x"] }, is({ a: [1, null, "x"] })],
  [{ type: "json" }, null, is(null)],
  [{ type: "json" }, false, is(false)],
  [{ type: "json" }, { a: Number.POSITIVE_INFINITY }, bad("type", /JSON/, "/a")],
  [{ type: "json", maxBytes: 10 }, "x".repeat(9), bad("max_bytes", /at most 10 bytes/)],
  [{ type: "json", maxBytes: 10 }, "x".repeat(8), is("x".repeat(8))],
  [{ type: "json", schema: { type: "object", required: ["id"] } }, { id: 1 }, is({ id: 1 })],
  [{ type: "json", schema: { type: "object", required: ["id"] } }, {}, bad("schema", /id/)],
  [
    { type: "json", schema: { properties: { n: { type: "integer" } } } },
    { n: "x" },
    bad("schema", /integer/, "/n"),
  ],
  [
    { type: "json", secret: true, schema: { const: "right" } },
    "hunter2-hunter2",
    bad("schema", /^(?!.*hunter2).*does not fit/),
  ],
];

describe("checkParams", () => {
  for (const [param, value, expected] of ROWS) {
    const shown =
      typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value)).slice(0, 60);
    const outcome = "is" in expected ? "taken" : `${expected.code}${expected.at ? ` at ${expected.at}` : ""}`;
    it(`${JSON.stringify(param)} given ${shown}: ${outcome}`, () => {
      const spec = specOf({ requiredParams: { p: param } });
      const checked = checkParams(spec, { p: value }, { pointer: "/params", checkSchema });
      if ("is" in expected) {
        expect(checked).to.deep.equal({ ok: true, values: { p: expected.is } });
        return;
      }
      if (checked.ok) return expect.fail(`taken as ${JSON.stringify(checked.values)}`);
      expect(checked.errors).to.have.length(1);
      const [error] = checked.errors;
      expect(error).to.include({ pointer: `/params/p${expected.at ?? ""}`, code: expected.code });
      if (expected.says) expect(error!.message).to.match(expected.says);
    });
  }

  const spec = specOf({
    requiredParams: { token: { type: "password", label: "Bot token" } },
    optionalParams: {
      batchSize: { type: "integer", default: 100, min: 1 },
      tags: { type: "list", of: "string", default: ["a"] },
      note: { type: "string" },
    },
  });

  it("fills in the defaults, each run with a copy of its own", () => {
    const first = checkParams(spec, { token: "t" });
    expect(first).to.deep.equal({ ok: true, values: { token: "t", batchSize: 100, tags: ["a"] } });
    if (first.ok) (first.values["tags"] as string[]).push("b");
    expect(checkParams(spec, { token: "t" })).to.deep.equal({
      ok: true,
      values: { token: "t", batchSize: 100, tags: ["a"] },
    });
  });

  it("answers the same when its own answer is checked again", () => {
    const first = checkParams(spec, { token: "t", note: "n" });
    expect(checkParams(spec, (first as { values: object }).values)).to.deep.equal(first);
  });

  it("tells every wrong field at once, in the order of the declaration", () => {
    const checked = checkParams(spec, { batchSize: "100", tags: [1], nope: 1 }, { pointer: "/params" });
    expect(checked).to.have.property("ok", false);
    const { errors } = checked as { errors: { pointer: string; code: string }[] };
    expect(errors.map(({ pointer, code }) => [pointer, code])).to.deep.equal([
      ["/params/nope", "unknown"],
      ["/params/token", "required"],
      ["/params/batchSize", "type"],
      ["/params/tags/0", "type"],
    ]);
  });

  it("names a missing param by its label too", () => {
    expect(checkParams(spec, {})).to.deep.equal({
      ok: false,
      errors: [{ pointer: "/token", code: "required", message: "is required (Bot token)" }],
    });
  });

  it("takes undefined for not given", () => {
    expect(checkParams(spec, { token: undefined })).to.have.nested.property("errors[0].code", "required");
  });

  for (const [wrong, near] of [
    ["batchsize", "batchSize"],
    ["batch_size", "batchSize"],
    ["batchSiez", "batchSize"],
    ["tokn", "token"],
    ["tag", "tags"],
  ] as const) {
    it(`an unknown param "${wrong}" names "${near}"`, () => {
      const checked = checkParams(spec, { token: "t", [wrong]: 1 }, { pointer: "/params" });
      expect(checked).to.deep.include({ ok: false });
      expect((checked as { errors: { message: string }[] }).errors[0]!.message).to.equal(
        `the job has no param "${wrong}"; did you mean "${near}"?`,
      );
    });
  }

  it("an unknown param that is near nothing names what there is", () => {
    expect(checkParams(spec, { token: "t", zzz: 1 })).to.have.nested.property(
      "errors[0].message",
      'the job has no param "zzz"; it has token, batchSize, tags, note',
    );
    expect(checkParams(specOf({}), { zzz: 1 })).to.have.nested.property(
      "errors[0].message",
      'the job has no param "zzz"; this job takes no params',
    );
  });

  it("with partial, what is missing is no error and what is given still has to fit", () => {
    expect(checkParams(spec, {}, { partial: true })).to.have.property("ok", true);
    expect(checkParams(spec, { batchSize: 0 }, { partial: true })).to.have.nested.property(
      "errors[0].code",
      "min",
    );
  });

  it("passes sealed secrets on unopened, and seals of other params are wrong values", () => {
    const isSealed = (value: unknown): boolean =>
      typeof value === "object" && value !== null && "$sealed" in value;
    const sealed = { $sealed: "abc" };
    expect(checkParams(spec, { token: sealed }, { isSealed })).to.have.deep.nested.property(
      "values.token",
      sealed,
    );
    expect(checkParams(spec, { token: "t", note: sealed }, { isSealed })).to.have.property("ok", false);
    expect(checkParams(spec, { token: sealed })).to.have.nested.property("errors[0].code", "type");
  });

  it("L3: secrets are known by name and masked, and so are params that no declaration knows", () => {
    expect(secretParams(spec)).to.deep.equal(["token"]);
    expect(maskParams(spec, { token: "t", note: "n", gone: "was a secret once" })).to.deep.equal({
      token: { secret: true },
      note: "n",
      gone: { secret: true },
    });
  });

  describe("groups", () => {
    const grouped = (group: object, params: object = {}): ReturnType<typeof specOf> =>
      specOf({
        optionalParams: { a: { type: "string" }, b: { type: "integer" }, c: { type: "string" }, ...params },
        paramGroups: [{ params: ["a", "b", "c"], ...group }],
      });
    const rows: [group: object, given: object, code: string | null, says?: RegExp][] = [
      [{ min: 1 }, {}, "group_min", /at least 1 of a, b, c must be given, but none is/],
      [{ min: 1 }, { a: "x" }, null],
      [{ min: 1 }, { a: "x", b: 1, c: "y" }, null],
      [{ max: 1 }, {}, null],
      [{ max: 1 }, { a: "x", b: 1 }, "group_max", /at most 1 of a, b, c must be given, but 2 are/],
      [{ min: 1, max: 1 }, {}, "group_min", /exactly 1 of/],
      [{ min: 1, max: 1 }, { b: 0 }, null],
      [{ min: 1, max: 2 }, { a: "", b: 0, c: "" }, "group_max", /1 to 2 of/],
      [{ max: 0 }, { a: "x" }, "group_max", /but 1 is/],
      [{ min: 1, message: "give a file or a link" }, {}, "group_min", /^give a file or a link$/],
    ];
    for (const [group, given, code, says] of rows) {
      it(`${JSON.stringify(group)} given ${JSON.stringify(given)}: ${code ?? "kept"}`, () => {
        const checked = checkParams(grouped(group), given, { pointer: "/params" });
        if (code === null) return expect(checked).to.have.property("ok", true);
        const { errors } = checked as { errors: { pointer: string; code: string; message: string }[] };
        expect(errors).to.have.length(1);
        expect(errors[0]).to.include({ pointer: "/params", code });
        return says ? expect(errors[0]!.message).to.match(says) : undefined;
      });
    }

    it("a value equal to the default is not given, so that a checked set can be checked again", () => {
      const withDefault = grouped({ max: 1 }, { a: { type: "json", default: { x: 1, y: [2] } } });
      const checked = checkParams(withDefault, { b: 1 });
      expect(checked).to.deep.equal({ ok: true, values: { a: { x: 1, y: [2] }, b: 1 } });
      expect(checkParams(withDefault, { a: { y: [2], x: 1 }, b: 1 })).to.have.property("ok", true);
      expect(checkParams(withDefault, { a: { x: 1, y: [3] }, b: 1 })).to.have.property("ok", false);
    });
  });
});
