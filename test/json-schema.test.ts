// S13: author-made schemas are interpreted, bounded, and told in plain words.
import { expect } from "chai";
import { checkSchema, checkSchemaWithin } from "../src/json-schema.ts";
import { costMs } from "./support/cost.ts";

type Row = [schema: { [key: string]: unknown }, value: unknown, pointer: string, says: RegExp];
const ROWS: Row[] = [
  [{ type: "integer" }, "x", "", /^must be of type integer, but is of type string$/],
  [{ type: ["string", "null"] }, 5, "", /type string or null, but is of type number/],
  [
    { properties: { a: { items: { required: ["id"] } } } },
    { a: [{ id: 1 }, {}] },
    "/a/1",
    /^does not have required property "id"$/,
  ],
  [{ properties: { "n/x ü%~": { type: "integer" } } }, { "n/x ü%~": "q" }, "/n~1x ü%~0", /integer/],
  [{ additionalProperties: false, properties: { a: {} } }, { b: 1 }, "/b", /not allowed by the schema/],
  [{ oneOf: [{ type: "string" }, { type: "integer" }] }, true, "", /alternatives \(oneOf\)/],
  [
    { properties: { a: { anyOf: [{ properties: { z: { type: "integer" } } }, { type: "null" }] } } },
    { a: { z: "x" } },
    "/a",
    /anyOf/,
  ],
  [{ $ref: "#/$defs/row", $defs: { row: { type: "integer" } } }, "x", "", /integer/],
  [{ $ref: "#/$defs/nope" }, "x", "", /the schema is not usable/],
  [{ $ref: "#" }, "x", "", /the schema is not usable/],
  [{ enum: ["a", "b"] }, "c", "", /does not match any of/],
  [{ pattern: "(" }, "x", "", /not usable/],
  [{ pattern: "^(a+)+$" }, `${"a".repeat(40)}!`, "", /takes more than 60 ms/],
  [{ uniqueItems: true }, Array.from({ length: 50_000 }, (_, i) => ({ i })), "", /takes more than 60 ms/],
  [{}, JSON.parse("[".repeat(2_000) + "]".repeat(2_000)), "", /nested deeper than 100/],
];

describe("checkSchema", () => {
  for (const [schema, value, pointer, says] of ROWS) {
    it(`${JSON.stringify(schema).slice(0, 90)} refuses ${JSON.stringify(value).slice(0, 40)}`, () => {
      const wrong = checkSchema(schema, value);
      expect(wrong).to.include({ pointer });
      expect(wrong!.message).to.match(says);
      expect(costMs(() => checkSchema(schema, value), 200)).to.be.below(200);
    });
  }

  for (const [schema, value] of [
    [{}, { a: 1 }],
    [{ type: "object", properties: { a: { const: 1 } } }, { a: 1 }],
    [
      { $ref: "#/$defs/tree", $defs: { tree: { properties: { next: { $ref: "#/$defs/tree" } } } } },
      { next: { next: {} } },
    ],
    [{ pattern: "^a+$" }, "aaa"],
    [{ format: "uri" }, "https://a.b"],
  ] as const) {
    it(`${JSON.stringify(schema)} takes ${JSON.stringify(value)}`, () =>
      expect(checkSchema(schema, value)).to.equal(null));
  }

  it("leaves the schema as it was, frozen ones too", () => {
    const schema = Object.freeze({
      $ref: "#/$defs/row",
      $defs: Object.freeze({ row: Object.freeze({ type: "integer" }) }),
    });
    const before = JSON.stringify(schema);
    expect(checkSchema(schema, "x")!.message).to.match(/must be of type integer/);
    expect(JSON.stringify(schema)).to.equal(before);
  });

  it("a schema that could not be read once is no worse afterwards", () => {
    const schema = { pattern: "^(a+)+$" };
    checkSchema(schema, `${"a".repeat(40)}!`);
    expect(checkSchema(schema, "aaa")).to.equal(null);
  });

  it("has another patience on request", () => {
    const slow = checkSchemaWithin(5);
    expect(slow({ pattern: "^(a+)+$" }, `${"a".repeat(40)}!`)!.message).to.match(/more than 5 ms/);
  });
});
