import { expect } from "chai";
import { changeText, paramChanges, paramsDigest } from "../../src/catalog/param-changes.ts";
import type { JobSpec } from "../../src/sdk/spec.ts";
import { specOf } from "../sdk/listening-context.ts";

const says = (before: object, after: object): string[] =>
  paramChanges(specOf(before), specOf(after)).map(changeText);

describe("what differs between the params of two versions", () => {
  const before = {
    requiredParams: { token: { type: "password" }, region: { type: "select", options: ["eu", "us"] } },
    optionalParams: {
      size: { type: "integer", default: 10, max: 100 },
      ids: { type: "list", of: "integer" },
    },
  };

  it("is nothing for the same, and for other words only", () => {
    expect(says(before, before)).to.deep.equal([]);
    const words = structuredClone(before) as { optionalParams: { size: Record<string, unknown> } };
    Object.assign(words.optionalParams.size, { label: "Size", description: "How many", example: 5 });
    expect(says(before, words)).to.deep.equal([]);
    expect(paramsDigest(specOf(words))).to.equal(paramsDigest(specOf(before)));
  });

  it("names each param that is new, gone or takes other values, with from and to", () => {
    const after = {
      requiredParams: {
        region: { type: "select", options: ["eu", "us", "ap"] },
        size: { type: "integer", max: 50 },
      },
      optionalParams: { token: { type: "password" }, tags: { type: "list", of: "string" } },
    };
    expect(says(before, after)).to.deep.equal([
      "ids: is not declared any more",
      'region: options ["eu","us"] -> ["eu","us","ap"]',
      "size: is required now, default 10 -> none, max 100 -> 50",
      "tags: optional, list of string",
      "token: is optional now",
    ]);
    expect(paramsDigest(specOf(after))).not.to.equal(paramsDigest(specOf(before)));
  });

  it("tells changed groups, another type, and a pattern that is long", () => {
    const grouped = { ...before, paramGroups: [{ params: ["size", "ids"], max: 1 }] };
    expect(says(before, grouped)).to.deep.equal(["which params belong together (paramGroups)"]);
    expect(paramsDigest(specOf(grouped))).not.to.equal(paramsDigest(specOf(before)));
    const other = { optionalParams: { a: { type: "string", pattern: `^${"x".repeat(200)}$` } } };
    const [line] = says({ optionalParams: { a: { type: "integer" } } }, other);
    expect(line).to.contain("type integer -> string").and.to.have.length.below(200);
  });

  it("L3: never tells a value of a secret param", () => {
    const spec = (value: string): JobSpec => ({
      ...specOf(before),
      optionalParams: { key: { type: "string", secret: true, default: value } },
    });
    expect(paramChanges(spec("one-secret"), spec("two-secret")).map(changeText)).to.deep.equal([
      "key: another default",
    ]);
  });

  it("the digest is the same in whatever order a database gives keys back", () => {
    const schema = { type: "object", required: ["a"], properties: { a: { type: "string" } } };
    const turned = { properties: { a: { type: "string" } }, required: ["a"], type: "object" };
    const of = (one: object) =>
      paramsDigest(specOf({ optionalParams: { j: { type: "json", schema: one } } }));
    expect(of(schema)).to.equal(of(turned));
    const spec = specOf(before);
    const reversed = Object.fromEntries(Object.entries(spec.requiredParams).reverse());
    expect(paramsDigest({ ...spec, requiredParams: reversed })).to.equal(paramsDigest(spec));
  });
});
