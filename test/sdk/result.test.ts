// X4, X6: what the value that execute returned means.
import { expect } from "chai";
import { checkSchema } from "../../src/json-schema.ts";
import { settleResult } from "../../src/sdk/result.ts";
import type { RecordCounts } from "../../src/sdk/spec.ts";
import { costMs } from "../support/cost.ts";

const MAX = 2 ** 53 - 1;
/** processed, success, failed, skipped. */
const counts = (processed = 0, success = 0, failed = 0, skipped = 0): RecordCounts => ({
  processed,
  success,
  failed,
  skipped,
});
const none = counts();

function circular(): unknown {
  const rows: Record<string, unknown> = { a: 1 };
  rows["self"] = rows;
  return { rows };
}
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
class Point {
  x = 1;
  #y = 2;
  get y(): number {
    return this.#y;
  }
}

const TAKEN: [
  title: string,
  returned: unknown,
  counted: RecordCounts,
  counts: RecordCounts,
  details?: unknown,
][] = [
  ["nothing, nothing counted", undefined, none, none],
  ["null is nothing", null, none, none],
  ["an empty object", {}, none, none],
  ["nothing, this.records used", undefined, counts(6, 3, 2, 1), counts(6, 3, 2, 1)],
  ["all four numbers", { processed: 6, success: 3, failed: 2, skipped: 1 }, none, counts(6, 3, 2, 1)],
  ["processed above the sum", { processed: 9, success: 3 }, none, counts(9, 3)],
  ["processed alone", { processed: 9 }, none, counts(9)],
  ["no processed: the sum", { success: 3, failed: 2, skipped: 1 }, none, counts(6, 3, 2, 1)],
  ["all zero", { processed: 0, success: 0, failed: 0, skipped: 0 }, none, none],
  ["minus zero is zero", { processed: -0 }, none, none],
  ["the largest", { processed: MAX, success: MAX }, none, counts(MAX, MAX)],
  [
    "snake case",
    { records_processed: 2, records_success: 1, records_failed: 1, records_skipped: 0 },
    none,
    counts(2, 1, 1),
  ],
  [
    "camel case",
    { recordsProcessed: 2, recordsSuccess: 1, recordsFailed: 0, recordsSkipped: 1 },
    none,
    counts(2, 1, 0, 1),
  ],
  ["two spellings that agree", { processed: 2, records_processed: 2, success: 2 }, none, counts(2, 2)],
  ["undefined is not given", { processed: undefined, success: 2 }, none, counts(2, 2)],
  ["numbers that agree with this.records", { processed: 2, success: 2 }, counts(2, 2), counts(2, 2)],
  ["some of them", { success: 2 }, counts(3, 2, 1), counts(3, 2, 1)],
  [
    "other keys are the details",
    { processed: 1, workspace: "w", n: [1] },
    none,
    counts(1),
    { workspace: "w", n: [1] },
  ],
  ["details beside this.records", { workspace: "w" }, counts(1, 1), counts(1, 1), { workspace: "w" }],
  ["a key details beside the counts alone", { processed: 1, details: { a: 1 } }, none, counts(1), { a: 1 }],
  ["a key details alone", { details: [1, 2] }, none, none, [1, 2]],
  ["details that are null", { details: null }, none, none, null],
  ["a key details and others", { details: 1, more: 2 }, none, none, { details: 1, more: 2 }],
  ["a date as JSON would carry it", { at: new Date(0) }, none, none, { at: "1970-01-01T00:00:00.000Z" }],
  [
    "an error in words",
    { why: new RangeError("too far") },
    none,
    none,
    { why: { name: "RangeError", message: "too far" } },
  ],
  ["an object with toJSON", { it: { toJSON: () => ({ a: 1 }) } }, none, none, { it: { a: 1 } }],
  ["a class instance by its fields", { at: new Point() }, none, none, { at: { x: 1 } }],
  [
    "an object without prototype",
    Object.assign(Object.create(null) as object, { a: 1 }),
    none,
    none,
    { a: 1 },
  ],
  ["frozen", Object.freeze({ processed: 1, a: Object.freeze([1]) }), none, counts(1), { a: [1] }],
  ["a hole in a list is null", { list: [1, undefined, 3] }, none, none, { list: [1, null, 3] }],
  [
    "one object twice is no circle",
    ((shared) => ({ a: shared, b: shared }))({ x: 1 }),
    none,
    none,
    { a: { x: 1 }, b: { x: 1 } },
  ],
  ["inherited counts are not read", Object.create({ processed: 5 }) as object, none, none],
  [
    "just under the cap",
    { text: "x".repeat(256 * 1024 - 20) },
    none,
    none,
    { text: "x".repeat(256 * 1024 - 20) },
  ],
];

const REFUSED: [title: string, returned: unknown, counted: RecordCounts, pointer: string, says: RegExp][] = [
  ["a number", 5, none, "", /execute returned 5; it may return nothing or an object/],
  ["a text", "done", none, "", /execute returned "done"/],
  ["true", true, none, "", /execute returned true/],
  ["a list", [1], none, "", /execute returned a list/],
  ["a function", () => 1, none, "", /function/],
  ["a symbol", Symbol("x"), none, "", /symbol/],
  ["a count that is a text", { processed: "5" }, none, "/processed", /is "5".*whole number/],
  ["a count that is null", { failed: null }, none, "/failed", /is null/],
  ["a boolean success", { success: true }, none, "/success", /is true.*for the service to decide/],
  ["a negative count", { records_failed: -1 }, none, "/records_failed", /is -1/],
  ["half a record", { success: 1.5 }, none, "/success", /is 1.5/],
  ["2^53", { processed: 2 ** 53 }, none, "/processed", /9007199254740991/],
  ["NaN records", { processed: NaN }, none, "/processed", /NaN/],
  ["endless records", { processed: JSON.parse("1e400") as number }, none, "/processed", /Infinity/],
  ["a BigInt count", { processed: 5n }, none, "/processed", /BigInt/],
  [
    "more accounted than processed",
    { processed: 2, success: 2, failed: 1 },
    none,
    "/processed",
    /is 3, more than the 2 processed/,
  ],
  ["a sum above 2^53-1", { success: MAX, failed: 1 }, none, "/success", /more than/],
  [
    "two spellings that differ",
    { processed: 2, records_processed: 3 },
    none,
    "/records_processed",
    /"processed" is 2/,
  ],
  [
    "numbers that differ from this.records",
    { processed: 3 },
    counts(2, 2),
    "/processed",
    /is 3, but this.records counted 2/,
  ],
  [
    "a zero that differs from this.records",
    { failed: 0 },
    counts(2, 1, 1),
    "/failed",
    /is 0, but this.records counted 1/,
  ],
  ["a BigInt in the details", { a: [{ b: 5n }] }, none, "/a/0/b", /BigInt/],
  ["NaN in the details", { a: { "x/y~z": NaN } }, none, "/a/x~1y~0z", /NaN/],
  ["a function in the details", { a: () => 1 }, none, "/a", /function/],
  ["a circle", circular(), none, "/rows/self", /contains itself/],
  ["a promise that nobody awaited", { a: Promise.resolve(1) }, none, "/a", /await/],
  ["a Map", { a: new Map() }, none, "/a", /Object.fromEntries/],
  ["a Set", { a: new Set() }, none, "/a", /\[\.\.\.set\]/],
  ["bytes", { a: Buffer.from("x") }, none, "/a", /bytes/],
  ["an invalid date", { a: new Date(NaN) }, none, "/a", /Date/],
  [
    "a getter that throws",
    {
      get a() {
        throw new Error("trapped");
      },
    },
    none,
    "/a",
    /cannot be read: trapped/,
  ],
  [
    "a toJSON that throws",
    {
      a: {
        toJSON() {
          throw new Error("no");
        },
      },
    },
    none,
    "/a",
    /cannot be read: no/,
  ],
  [
    "a toJSON without end",
    {
      a: {
        toJSON() {
          return { toJSON: this.toJSON };
        },
      },
    },
    none,
    "",
    /nested deeper/,
  ],
  ["a revoked proxy", revoked(), none, "", /cannot be read/],
  ["a revoked proxy inside", { a: revoked() }, none, "/a", /cannot be read/],
  ["nested too deep", JSON.parse('{"a":'.repeat(100) + "1" + "}".repeat(100)), none, "/a", /nested deeper/],
  ["over the cap", { text: "x".repeat(256 * 1024) }, none, "", /more than 256 KiB.*file under this.dataDir/],
  ["over the cap once escaped", { text: "\0".repeat(60_000) }, none, "", /more than 256 KiB/],
  ["a huge list", { list: new Array<number>(5_000_000).fill(0) }, none, "", /more than 256 KiB/],
  ["a list with a huge length alone", { list: new Array(2 ** 32 - 1) }, none, "", /more than 256 KiB/],
];

describe("settleResult", () => {
  for (const [title, returned, counted, settled, details] of TAKEN) {
    it(`takes ${title}`, () => {
      expect(settleResult(returned, counted, null)).to.deep.equal({
        ok: true,
        counts: settled,
        details: details ?? null,
      });
    });
  }

  for (const [title, returned, counted, pointer, says] of REFUSED) {
    it(`X6: refuses ${title}`, () => {
      const settled = settleResult(returned, counted, null);
      if (settled.ok) return expect.fail(JSON.stringify(settled).slice(0, 500));
      // A wrong depth is told at the depth where it is; only the way there matters.
      if (/nested deeper/.test(settled.message)) expect(settled.pointer.startsWith(pointer)).to.equal(true);
      else expect(settled.pointer).to.equal(pointer);
      expect(settled.message).to.match(says);
      return expect(JSON.stringify(settled.raw ?? null).length, "raw is small JSON").to.be.below(100_000);
    });
  }

  it("stops early at what is too large", () => {
    const result = { list: new Array<string>(3_000_000).fill("x".repeat(50)) };
    expect(costMs(() => void settleResult(result, none, null), 300)).to.be.below(300);
  });

  it("copies: what the job changes afterwards changes no result", () => {
    const rows = [1];
    const settled = settleResult({ rows }, none, null);
    rows.push(2);
    expect(settled).to.have.deep.nested.property("details.rows", [1]);
  });

  it("__proto__ in the details is a field like any other", () => {
    const settled = settleResult(JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}'), none, null);
    expect(JSON.stringify(settled.ok && settled.details)).to.equal('{"__proto__":{"polluted":1},"a":1}');
    expect({}).not.to.have.property("polluted");
  });

  describe("with a resultSchema", () => {
    const schema = { type: "object", required: ["rows"], properties: { rows: { type: "integer" } } };
    it("takes details that fit", () => {
      expect(settleResult({ processed: 1, rows: 5 }, none, schema, checkSchema)).to.have.property("ok", true);
    });
    it("refuses others with the place", () => {
      const settled = settleResult({ rows: "5" }, none, schema, checkSchema);
      expect(settled).to.include({ ok: false, pointer: "/rows" });
      expect(settled)
        .to.have.property("message")
        .that.matches(/resultSchema: must be of type integer/);
    });
    it("holds nothing returned against it as an empty object", () => {
      expect(settleResult(undefined, none, schema, checkSchema)).to.include({ ok: false, pointer: "" });
      expect(settleResult(undefined, none, { type: "object" }, checkSchema)).to.deep.include({
        ok: true,
        details: null,
      });
    });
    it("points into the details under their key when that key stands for them", () => {
      expect(settleResult({ details: { rows: "x" } }, none, schema, checkSchema)).to.include({
        pointer: "/details/rows",
      });
    });
  });
});
