// What a job finds on `this`: records, progress, log and state, and what they make of wrong and hostile values.
import { expect } from "chai";
import type { JobEvent } from "../../src/sdk/context.ts";
import { makeTools } from "../../src/sdk/tools.ts";
import { listeningContext, type Listening } from "./listening-context.ts";

function tools(given: Parameters<typeof listeningContext>[0] = {}): {
  members: ReturnType<typeof makeTools>["members"];
  context: Listening;
  all: ReturnType<typeof makeTools>;
} {
  const context = listeningContext(given);
  const all = makeTools(context);
  return { members: all.members, context, all };
}

/** What a hostile job may throw or hand in; none of it may throw out of our hands. */
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const throwing = new Proxy(
  {},
  {
    get: () => {
      throw new Error("trap");
    },
    getPrototypeOf: () => {
      throw new Error("trap");
    },
    has: () => {
      throw new Error("trap");
    },
  },
);
const HOSTILE: [string, unknown][] = [
  ["null", null],
  ["undefined", undefined],
  ["a symbol", Symbol("s")],
  ["a BigInt", 5n],
  ["a function", () => 1],
  ["a revoked proxy", revoked.proxy],
  ["a proxy whose traps throw", throwing],
  ["an object without prototype", Object.create(null)],
  [
    "an error whose message throws",
    Object.defineProperty(new Error(), "message", {
      get: () => {
        throw new Error("m");
      },
    }),
  ],
  ["an error whose message is an object", Object.assign(new Error("x"), { message: { a: 1 } })],
  ["an error that causes itself", ((e) => Object.assign(e, { cause: e }))(new Error("loop"))],
  ["a frozen error", Object.freeze(new Error("frozen"))],
  [
    "a toString that throws",
    {
      toString: () => {
        throw new Error("t");
      },
      toJSON: () => {
        throw new Error("t");
      },
    },
  ],
  ["a text of a megabyte", "x".repeat(1_000_000)],
];

describe("this.records", () => {
  it("counts, and tells the counts after every change", () => {
    const { members, context } = tools();
    members.records.success();
    members.records.success(3);
    members.records.skipped(2);
    members.records.failed("k", "r");
    expect(context.events).to.deep.equal([
      { type: "records", counts: { processed: 1, success: 1, failed: 0, skipped: 0 } },
      { type: "records", counts: { processed: 4, success: 4, failed: 0, skipped: 0 } },
      { type: "records", counts: { processed: 6, success: 4, failed: 0, skipped: 2 } },
      { type: "failed-record", key: "k", reason: "r" },
      { type: "records", counts: { processed: 7, success: 4, failed: 1, skipped: 2 } },
    ] satisfies JobEvent[]);
  });

  for (const n of [-1, 1.5, NaN, Infinity, "3", null, 2 ** 53, 5n, {}]) {
    it(`X6: success(${String(n)}) throws a sentence, and counts nothing`, () => {
      const { members, context } = tools();
      const count = members.records.success as (n: unknown) => void;
      expect(() => count(n)).to.throw(TypeError, /whole number/);
      expect(context.events).to.deep.equal([]);
    });
  }

  it("X6: never counts beyond 2^53-1", () => {
    const { members, all } = tools();
    members.records.success(2 ** 53 - 1);
    expect(() => members.records.skipped()).to.throw(RangeError);
    expect(all.counts().processed).to.equal(2 ** 53 - 1);
  });

  const KEYS: [unknown, string | null][] = [
    [undefined, null],
    [null, null],
    [17, "17"],
    [5n, "5"],
    ["", ""],
    ["x".repeat(512), "x".repeat(512)],
    ["x".repeat(513), `${"x".repeat(511)}…`],
    [`${"x".repeat(510)}😀😀`, `${"x".repeat(510)}…`],
    [{ id: 1 }, '{"id":1}'],
  ];
  for (const [key, kept] of KEYS) {
    it(`keeps the key ${String(JSON.stringify(typeof key === "bigint" ? "5n" : key)).slice(0, 30)}`, () => {
      const { members, context } = tools();
      members.records.failed(key);
      expect(context.events[0]).to.deep.equal({ type: "failed-record", key: kept, reason: null });
    });
  }

  const REASONS: [unknown, RegExp][] = [
    [new Error("no country"), /^no country$/],
    [new TypeError(""), /^TypeError$/],
    [
      new Error("fetch failed", { cause: new Error("ECONNREFUSED 127.0.0.1:1") }),
      /^fetch failed: ECONNREFUSED 127/,
    ],
    [new Error("a: b", { cause: new Error("b") }), /^a: b$/],
    [{ message: "like an error" }, /^like an error$/],
    [{ status: 404 }, /^{"status":404}$/],
    ["r".repeat(3_000), /^r{1999}…$/],
  ];
  for (const [reason, kept] of REASONS) {
    it(`tells the reason ${kept}`, () => {
      const { members, context } = tools();
      members.records.failed("k", reason);
      expect(context.events[0]).to.have.property("reason").that.matches(kept);
    });
  }

  for (const [title, value] of HOSTILE) {
    it(`takes ${title} as key and reason`, () => {
      const { members, context, all } = tools();
      members.records.failed(value, value);
      expect(all.counts().failed).to.equal(1);
      const event = context.events[0] as Extract<JobEvent, { type: "failed-record" }>;
      expect((event.key ?? "").length).to.be.at.most(512);
      expect((event.reason ?? "").length).to.be.at.most(2_000);
    });
  }
});

describe("this.progress", () => {
  const rows: [number, number][] = [
    [0, 0],
    [40.5, 40.5],
    [100, 100],
    [-5, 0],
    [250, 100],
    [Infinity, 100],
    [-Infinity, 0],
  ];
  for (const [given, told] of rows) {
    it(`${given} is told as ${told}`, () => {
      const { members, context } = tools();
      members.progress(given);
      expect(context.events).to.deep.equal([{ type: "progress", percent: told, message: null }]);
    });
  }

  it("keeps 500 characters of the message", () => {
    const { members, context } = tools();
    members.progress(1, "m".repeat(600));
    expect(context.events[0]).to.have.property("message").with.length(500);
  });

  for (const wrong of [NaN, "50", null, undefined, 5n, {}]) {
    it(`${String(wrong)} (${typeof wrong}) is ignored with one warning, however often it comes`, () => {
      const { members, context } = tools();
      const report = members.progress as (percent: unknown) => void;
      report(wrong);
      report(wrong);
      expect(context.events).to.have.length(1);
      expect(context.events[0]).to.include({ type: "log", level: "warn" });
      expect(context.events[0])
        .to.have.property("text")
        .that.matches(/ignored: it takes a number from 0 to 100/);
    });
  }
});

describe("this.log", () => {
  it("tells level, text and fields", () => {
    const { members, context } = tools();
    members.log.debug("d");
    members.log.info("i", { n: 1, who: { name: "x" } });
    members.log.warn("w", {});
    members.log.error(new Error("e"));
    expect(context.events).to.deep.equal([
      { type: "log", level: "debug", text: "d" },
      { type: "log", level: "info", text: "i", fields: { n: 1, who: { name: "x" } } },
      { type: "log", level: "warn", text: "w", fields: {} },
      { type: "log", level: "error", text: "e" },
    ]);
  });

  for (const [title, value] of HOSTILE) {
    it(`L2: takes ${title} as message, as field and as fields`, () => {
      const { members, context } = tools();
      members.log.info(value, { value });
      members.log.info("m", value as Record<string, unknown>);
      members.log.info("m", { deep: { value: [value] } });
      expect(context.events).to.have.length(3);
      for (const event of context.events) expect(() => JSON.stringify(event)).not.to.throw();
    });
  }

  it("makes fields bounded JSON: circles, depth, numbers, dates, errors, maps, bytes", () => {
    const { members, context } = tools();
    const circle: Record<string, unknown> = {};
    circle["me"] = circle;
    members.log.info("m", {
      circle,
      deep: { a: { b: { c: { d: { e: { f: 1 } } } } } },
      nan: NaN,
      big: 5n,
      at: new Date(0),
      never: new Date(NaN),
      map: new Map([["k", 1]]),
      set: new Set([1]),
      bytes: new Uint8Array(5),
      long: "x".repeat(20_000),
      many: new Array(100_000).fill(1),
    });
    const { fields } = context.events[0] as { fields: Record<string, unknown> };
    expect(fields).to.deep.include({
      circle: { me: "[circular]" },
      nan: "NaN",
      big: "5",
      at: "1970-01-01T00:00:00.000Z",
      never: "Invalid Date",
      map: { k: 1 },
      set: { 0: 1 },
      bytes: "[5 bytes]",
    });
    expect(JSON.stringify(fields).length).to.be.below(20_000);
  });

  it("a line of 10 MB fits into a frame of 1 MiB", () => {
    const { members, context } = tools();
    const control = "\0".repeat(1_000_000);
    const fields = Array.from({ length: 600 }, (_, i): [string, string] => [
      `${i}${"\0".repeat(1_000)}`,
      control,
    ]);
    members.log.info("\0".repeat(10_000_000), Object.fromEntries(fields));
    expect(JSON.stringify(context.events[0]).length).to.be.below(1024 * 1024);
  });
});

describe("this.state", () => {
  it("a key of the state that holds a secret is refused, without the value", () => {
    const { members, context } = tools({ secretForms: ["s3cret-value", "czNjcmV0LXZhbHVl"] });
    for (const key of ["s3cret-value", "token of czNjcmV0LXZhbHVl, 1"])
      expect(() => members.state.set(key, 1))
        .to.throw(TypeError, /the key holds the value of a secret/)
        .with.property("message")
        .that.does.not.include("czNjc")
        .and.does.not.include("s3cret");
    expect(context.events).to.deep.equal([]);
    members.state.set("token", "s3cret-value");
    expect(members.state.get("token")).to.equal("s3cret-value");
  });

  it("gives the values from the start of the attempt, and what was set since", () => {
    const { members, context } = tools({ state: new Map([["seen", { ids: [1] }]]) });
    expect(members.state.get("seen")).to.deep.equal({ ids: [1] });
    expect(members.state.get("nothing")).to.equal(undefined);
    members.state.set("n", 5);
    expect(members.state.get<number>("n")).to.equal(5);
    members.state.set("n", undefined);
    expect(members.state.get("n")).to.equal(undefined);
    expect(context.events).to.deep.equal([
      { type: "state", key: "n", value: 5 },
      { type: "state", key: "n", value: undefined },
    ]);
  });

  it("hands out copies: changing one changes nothing that is stored", () => {
    const { members } = tools({ state: new Map([["seen", { ids: [1] }]]) });
    members.state.get<{ ids: number[] }>("seen")!.ids.push(2);
    expect(members.state.get("seen")).to.deep.equal({ ids: [1] });
    const mine = { ids: [1] };
    members.state.set("mine", mine);
    mine.ids.push(2);
    expect(members.state.get("mine")).to.deep.equal({ ids: [1] });
  });

  for (const value of [null, false, 0, "", [], { a: null }]) {
    it(`keeps ${JSON.stringify(value)}`, () => {
      const { members } = tools();
      members.state.set("k", value);
      expect(members.state.get("k")).to.deep.equal(value);
    });
  }

  const refused: [string, unknown, RegExp][] = [
    ["a function", { a: () => 1 }, /the value at \/a is a function/],
    ["NaN", NaN, /the value is NaN/],
    ["a BigInt", [5n], /at \/0 is a BigInt/],
    ["a Map", new Map(), /Object.fromEntries/],
    ["a revoked proxy", revoked.proxy, /cannot be read/],
  ];
  for (const [title, value, says] of refused) {
    it(`refuses ${title} with its place, and keeps what was there`, () => {
      const { members, context } = tools({ state: new Map([["k", 1]]) });
      expect(() => members.state.set("k", value)).to.throw(TypeError, says);
      expect(members.state.get("k")).to.equal(1);
      expect(context.events).to.deep.equal([]);
    });
  }

  for (const key of ["", "k".repeat(257), 5, null, Symbol("s"), {}]) {
    it(`refuses the key ${String(typeof key === "symbol" ? "symbol" : JSON.stringify(key)).slice(0, 20)}`, () => {
      const { members } = tools();
      expect(() => members.state.set(key as string, 1)).to.throw(TypeError, /1 to 256 characters/);
      expect(() => members.state.get(key as string)).to.throw(TypeError);
    });
  }

  it("holds 64 KiB in all keys together, no byte more, and room that was freed counts again", () => {
    const { members } = tools();
    // 1 byte of key and 2 of quotes.
    members.state.set("a", "x".repeat(32 * 1024 - 3));
    members.state.set("b", "x".repeat(32 * 1024 - 3));
    expect(() => members.state.set("c", 1)).to.throw(RangeError, /65538 bytes; 64 KiB is the most/);
    members.state.set("b", "ü".repeat(16 * 1024 - 2));
    expect(() => members.state.set("b", "ü".repeat(16 * 1024))).to.throw(RangeError);
    members.state.set("a", undefined);
    members.state.set("c", 1);
  });

  it("__proto__ is a key like any other", () => {
    const { members } = tools();
    members.state.set("__proto__", { polluted: 1 });
    expect(members.state.get("__proto__")).to.deep.equal({ polluted: 1 });
    expect(members.state.get("toString")).to.equal(undefined);
  });
});
