// One JSON Schema serves API, form and command line: it says what checkParams says.
import { expect } from "chai";
import { checkSchema } from "../../src/json-schema.ts";
import { checkParams } from "../../src/sdk/params.ts";
import { schemaProblem } from "../../src/sdk/schema-check.ts";
import { paramsSchema } from "../../src/sdk/schema.ts";
import { specOf } from "./listening-context.ts";

const sel = { type: "select", options: ["a", "b"] };
const VALUES: unknown[] = [
  "",
  "a",
  "abc",
  "a@b.c",
  "https://a.b/c",
  "2026-02-28",
  "2026-02-30",
  "2026-02-28T14:30:00Z",
  0,
  1,
  2.5,
  10,
  -3,
  true,
  false,
  null,
  [],
  ["a"],
  ["a", "a"],
  ["a", "b"],
  [1, 2],
  [1, 1],
  [1.5],
  ["https://a.b"],
  ["x@y.z"],
  ["2026-02-28"],
  {},
  { id: 1 },
  { id: "1" },
];
const PARAMS: object[] = [
  { type: "string" },
  { type: "string", minLength: 1, maxLength: 3, pattern: "^a" },
  { type: "text", maxLength: 2 },
  { type: "password", minLength: 2 },
  { type: "url" },
  { type: "email" },
  { type: "date" },
  { type: "datetime" },
  { type: "integer", min: 0, max: 9 },
  { type: "integer", step: 5 },
  { type: "number", min: -1, step: 0.5 },
  { type: "boolean" },
  sel,
  { ...sel, multiple: true },
  { type: "list", of: "string", minItems: 1, unique: true },
  { type: "list", of: "integer", maxItems: 1 },
  { type: "list", of: "number" },
  { type: "list", of: "url" },
  { type: "list", of: "email" },
  { type: "list", of: "date" },
  { type: "json" },
  {
    type: "json",
    schema: {
      $ref: "#/$defs/row",
      $defs: { row: { type: "object", properties: { id: { type: "integer" } } } },
    },
  },
];

describe("paramsSchema", () => {
  for (const param of PARAMS) {
    it(`accepts exactly what checkParams accepts: ${JSON.stringify(param)}`, () => {
      for (const list of ["requiredParams", "optionalParams"]) {
        const spec = specOf({ [list]: { p: param } });
        const schema = paramsSchema(spec);
        expect(schemaProblem({ ...schema, $schema: undefined })).to.satisfy(
          (problem: { pointer: string } | null) => problem === null || problem.pointer.includes("$ref"),
        );
        for (const given of [{}, { q: 1 }, ...VALUES.map((p) => ({ p }))]) {
          const byCheck = checkParams(spec, given, { checkSchema }).ok;
          const bySchema = checkSchema(schema, given) === null;
          expect(bySchema, `${JSON.stringify(given)} (checkParams says ${byCheck})`).to.equal(byCheck);
        }
      }
    });
  }

  const groups: object[] = [
    { min: 1 },
    { max: 1 },
    { min: 1, max: 1 },
    { min: 2 },
    { min: 1, max: 2 },
    { max: 0 },
    { min: 3, max: 3 },
    { min: 0 },
  ];
  for (const group of groups) {
    it(`says the group ${JSON.stringify(group)} as checkParams does, defaults counted as not given`, () => {
      const spec = specOf({
        requiredParams: { r: { type: "boolean" } },
        optionalParams: { a: { type: "string" }, b: { type: "integer", default: 5 }, c: { type: "string" } },
        paramGroups: [{ params: ["a", "b", "c"], ...group }],
      });
      const schema = paramsSchema(spec);
      for (let bits = 0; bits < 8; bits++) {
        for (const b of [5, 6]) {
          const given = {
            r: true,
            ...(bits & 1 && { a: "x" }),
            ...(bits & 2 && { b }),
            ...(bits & 4 && { c: "y" }),
          };
          const byCheck = checkParams(spec, given).ok;
          expect(checkSchema(schema, given) === null, JSON.stringify(given)).to.equal(byCheck);
        }
      }
    });
  }

  it("tells of a group of hundreds at least one and no more than all", () => {
    const names = Array.from({ length: 300 }, (_, i) => `p${i}`);
    const spec = specOf({
      optionalParams: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
      paramGroups: [{ params: names, min: 1 }],
    });
    expect(checkSchema(paramsSchema(spec), {})).not.to.equal(null);
    expect(checkSchema(paramsSchema(spec), { p299: "x" })).to.equal(null);
  });

  it("keeps a group of forty small", () => {
    const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
    const spec = specOf({
      optionalParams: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
      paramGroups: [{ params: names, min: 20, max: 30 }],
    });
    expect(JSON.stringify(paramsSchema(spec)).length).to.be.below(20_000);
    expect(checkSchema(paramsSchema(spec), {}), "at least one").not.to.equal(null);
  });

  it("carries what a form needs: title, description, default, example, placeholder, declared type", () => {
    const spec = specOf({
      optionalParams: {
        size: {
          type: "integer",
          label: "Size",
          description: "how many",
          default: 5,
          example: 7,
          placeholder: "5",
          min: 1,
          max: 9,
          step: 1,
        },
        note: { type: "text" },
      },
      paramGroups: [{ params: ["size", "note"], max: 1, message: "one of both" }],
    });
    expect(paramsSchema(spec)).to.deep.equal({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        size: {
          title: "Size",
          description: "how many",
          type: "integer",
          minimum: 1,
          maximum: 9,
          multipleOf: 1,
          default: 5,
          examples: [7],
          "x-jobmount": { type: "integer", placeholder: "5" },
        },
        note: { title: "note", type: "string", "x-jobmount": { type: "text" } },
      },
      required: [],
      additionalProperties: false,
      allOf: [
        {
          description: "one of both",
          allOf: [
            { not: { anyOf: [{ required: ["size", "note"], properties: { size: { not: { const: 5 } } } }] } },
          ],
        },
      ],
    });
  });

  it("L3: a secret is writeOnly, and neither its default nor its example is shown", () => {
    const spec = specOf({
      optionalParams: {
        token: { type: "password", default: "hunter2-default", example: "hunter2-example" },
        hook: { type: "url", secret: true, default: "https://hunter2.example" },
      },
    });
    const schema = paramsSchema(spec);
    expect(JSON.stringify(schema)).not.to.include("hunter2");
    expect(schema).to.have.nested.property("properties.token.writeOnly", true);
    expect(schema).to.have.nested.property("properties.hook.writeOnly", true);
  });
});
