// S13, A3: no set of params stalls, breaks or fools the check.
import { expect } from "chai";
import { checkSchema } from "../../src/json-schema.ts";
import { checkParams } from "../../src/sdk/params.ts";
import type { JobSpec } from "../../src/sdk/spec.ts";
import { specOf } from "./listening-context.ts";
import { costMs } from "../support/cost.ts";

const spec = specOf({
  optionalParams: {
    name: { type: "string" },
    list: { type: "list", of: "integer" },
    data: { type: "json" },
    constructor: { type: "string" },
  },
});

function errorsOf(values: unknown, of: JobSpec = spec): { pointer: string; code: string; message: string }[] {
  const checked = checkParams(of, values, { pointer: "/params", checkSchema });
  return checked.ok ? [] : checked.errors;
}

/** The longest that one check held the process, in ms. */
/** Of processor time: on a busy machine the wall clock says more about who else was at work. */
const timed = (run: () => void) => costMs(run, 150);

describe("checkParams and hostile input", () => {
  for (const values of [null, undefined, 5, "x", [], true, 5n, Symbol("x"), () => 1]) {
    it(`is no object of params: ${String(values)} (${typeof values})`, () => {
      expect(errorsOf(values)).to.have.length(1);
      expect(errorsOf(values)[0]).to.include({ pointer: "/params", code: "type" });
    });
  }

  it("reads objects without a prototype and frozen ones", () => {
    const bare = Object.assign(Object.create(null) as object, { name: "x" });
    expect(checkParams(spec, Object.freeze(bare))).to.deep.equal({ ok: true, values: { name: "x" } });
  });

  it("__proto__ in JSON is an unknown param and changes no prototype", () => {
    const values = JSON.parse('{"__proto__": {"polluted": true}, "name": "x"}') as object;
    expect(errorsOf(values)).to.have.length(1);
    expect(errorsOf(values)[0]).to.include({ pointer: "/params/__proto__", code: "unknown" });
    expect({}).not.to.have.property("polluted");
  });

  it("__proto__ deep in a json param stays a field like any other", () => {
    const values = JSON.parse('{"data": {"__proto__": {"polluted": true}}}') as object;
    const checked = checkParams(spec, values);
    if (!checked.ok) return expect.fail("refused");
    expect(JSON.stringify(checked.values["data"])).to.equal('{"__proto__":{"polluted":true}}');
    return expect(checked.values["data"]).not.to.have.property("polluted");
  });

  it("names of Object.prototype are unknown params, unless they are declared", () => {
    expect(errorsOf({ toString: "x" })[0]).to.include({ code: "unknown" });
    expect(checkParams(spec, { constructor: "x" })).to.deep.equal({ ok: true, values: { constructor: "x" } });
    expect(checkParams(spec, {})).to.deep.equal({ ok: true, values: {} });
  });

  it("a getter that throws, a revoked proxy and a proxy with throwing traps are errors, not exceptions", () => {
    const getter = Object.defineProperty({}, "name", {
      enumerable: true,
      get: () => {
        throw new Error("trapped");
      },
    });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const trapped = new Proxy(
      {},
      {
        ownKeys: () => {
          throw null as unknown as Error;
        },
      },
    );
    for (const values of [getter, revoked.proxy, trapped, { data: revoked.proxy }]) {
      expect(errorsOf(values)).not.to.be.empty;
    }
  });

  it("a json param that contains itself is told with its place", () => {
    const data: Record<string, unknown> = {};
    data["self"] = { again: data };
    expect(errorsOf({ data })[0]).to.include({ pointer: "/params/data/self/again", code: "type" });
  });

  it("a json param nested 100,000 deep is refused", () => {
    const deep = JSON.parse("[".repeat(5_000) + "]".repeat(5_000)) as unknown;
    expect(errorsOf({ data: deep })[0]!.message).to.match(/nested deeper than/);
  });

  it("a million items are told in a few errors and quickly", () => {
    const list = new Array<string>(1_000_000).fill("x");
    const ms = timed(() => expect(errorsOf({ list })).to.have.length(1));
    expect(ms).to.be.below(500);
    const fewer = errorsOf({ list: list.slice(0, 10_000) });
    expect(fewer.length).to.be.within(1, 20);
  });

  it("100,000 unknown params are 50 errors", () => {
    const values = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`p${i}`, i]));
    expect(errorsOf(values)).to.have.length(50);
  });

  it("a name of a megabyte is cut in pointer and message", () => {
    const [error] = errorsOf({ ["x".repeat(1_000_000)]: 1 });
    expect(error!.pointer.length + error!.message.length).to.be.below(500);
  });

  it("a value of a megabyte is too large for a run", () => {
    expect(errorsOf({ name: "x".repeat(1_000_000) })[0]).to.include({
      pointer: "/params",
      code: "too_large",
    });
  });

  it("names are escaped in pointers", () => {
    expect(errorsOf({ "a/b~c": 1 })[0]!.pointer).to.equal("/params/a~1b~0c");
  });

  describe("S13: author-made patterns", () => {
    const evil = { type: "string", pattern: "^(a+)+$" };
    const text = `${"a".repeat(40)}!`;

    it("one that would block for hours is stopped in time", () => {
      const one = specOf({ optionalParams: { p: evil } });
      const ms = timed(() => expect(errorsOf({ p: text }, one)[0]).to.include({ code: "pattern_timeout" }));
      expect(ms).to.be.below(200);
    });

    it("forty of them together are stopped in time too (A3: no stall over 200 ms)", () => {
      const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
      const many = specOf({ optionalParams: Object.fromEntries(names.map((name) => [name, evil])) });
      const values = Object.fromEntries(names.map((name) => [name, text]));
      const ms = timed(() => expect(errorsOf(values, many)).to.have.length(40));
      expect(ms).to.be.below(200);
    });

    it("one inside a schema of a json param is stopped as well", () => {
      const inSchema = specOf({ optionalParams: { p: { type: "json", schema: { pattern: "^(a+)+$" } } } });
      const ms = timed(() => expect(errorsOf({ p: text }, inSchema)[0]).to.include({ code: "schema" }));
      expect(ms).to.be.below(200);
    });

    it("twenty of them inside schemas and twenty outside are stopped together (A3)", () => {
      const param = (i: number): object => (i % 2 ? evil : { type: "json", schema: { pattern: "^(a+)+$" } });
      const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
      const many = specOf({
        optionalParams: Object.fromEntries(names.map((name, i) => [name, param(i)])),
      });
      const values = Object.fromEntries(names.map((name) => [name, text]));
      const ms = timed(() => expect(errorsOf(values, many)).to.have.length(40));
      expect(ms).to.be.below(200);
    });

    it("a harmless one still answers after others were stopped", () => {
      const mild = specOf({ optionalParams: { p: { type: "string", pattern: "^a+$" } } });
      expect(errorsOf({ p: "aaa" }, mild)).to.deep.equal([]);
    });
  });
});
