// What somebody types into a form, and the params that come of it: held against the service's own rule for params.
import { expect } from "chai";
import { checkParams } from "../../../src/sdk/params.ts";
import type { ParamDefinition } from "../../../src/sdk/spec.ts";
import {
  completeDraft,
  patchOf,
  readDraft,
  rebaseDraft,
  same,
  startDraft,
} from "../../../ui/src/form/draft.ts";
import { boundsOf, fieldsOf, groupsOf, ruleOf } from "../../../ui/src/form/fields.ts";

const requiredParams: Record<string, ParamDefinition> = {
  token: { type: "password", label: "Bot token" },
  when: { type: "datetime" },
};
const optionalParams: Record<string, ParamDefinition> = {
  batchSize: { type: "integer", default: 100, min: 1, max: 1000 },
  share: { type: "number" },
  greeting: { type: "string", default: "hello" },
  notes: { type: "text" },
  home: { type: "url" },
  mail: { type: "email" },
  sure: { type: "boolean" },
  dryRun: { type: "boolean", default: false },
  kind: { type: "select", options: ["a", "b"] },
  kinds: { type: "select", options: ["a", "b", "c"], multiple: true, default: ["a", "b"] },
  days: { type: "list", of: "date" },
  sizes: { type: "list", of: "integer" },
  day: { type: "date" },
  rows: { type: "json" },
  account: { type: "json", secret: true },
};
const declared = { requiredParams, optionalParams, paramGroups: [] };
const fields = fieldsOf(declared);
const typedIn = (values: Record<string, string | string[]>) => {
  const start = startDraft(fields);
  return { ...start, values: { ...start.values, ...values } };
};

describe("the draft of a form", () => {
  it("has a field for each param, the required ones first", () => {
    expect(fields.map(({ name }) => name)).to.deep.equal([
      ...Object.keys(requiredParams),
      ...Object.keys(optionalParams),
    ]);
    expect(fields.slice(0, 3).map(({ label, required }) => [label, required])).to.deep.equal([
      ["Bot token", true],
      ["when", true],
      ["batchSize", false],
    ]);
  });

  it("opens with the defaults, and sends none of them", () => {
    const start = startDraft(fields);
    expect(start.values).to.include({ batchSize: "100", greeting: "hello", dryRun: "false", notes: "" });
    expect(start.values["kinds"]).to.deep.equal(["a", "b"]);
    expect(readDraft(fields, start)).to.deep.equal({ params: {}, errors: {} });
  });

  it("makes of every type a value that the service takes", () => {
    const { params, errors } = readDraft(
      fields,
      typedIn({
        token: "xoxb-1234567",
        when: "2027-01-31T08:00",
        batchSize: " 250 ",
        share: "0.5",
        greeting: "hi",
        notes: "two\nlines",
        home: "https://example.com/",
        mail: "a@example.com",
        sure: "false",
        dryRun: "true",
        kind: "b",
        kinds: ["c"],
        days: ["2027-01-31", ""],
        sizes: ["1", "2"],
        day: "2027-01-31",
        rows: '{"a":[1]}',
        account: '{"id":1}',
      }),
    );
    expect(errors).to.deep.equal({});
    expect(params).to.deep.equal({
      token: "xoxb-1234567",
      when: "2027-01-31T08:00:00Z",
      batchSize: 250,
      share: 0.5,
      greeting: "hi",
      notes: "two\nlines",
      home: "https://example.com/",
      mail: "a@example.com",
      sure: false,
      dryRun: true,
      kind: "b",
      kinds: ["c"],
      days: ["2027-01-31"],
      sizes: [1, 2],
      day: "2027-01-31",
      rows: { a: [1] },
      account: { id: 1 },
    });
    expect(checkParams(declared, params).ok).to.equal(true);
  });

  it("tells what has no JSON form at the field, without the text of a secret", () => {
    const { errors } = readDraft(
      fields,
      typedIn({ batchSize: "many", sizes: ["1", "x"], rows: "{", account: "{hush" }),
    );
    expect(errors).to.have.all.keys("batchSize", "sizes", "rows", "account");
    expect(errors["sizes"]).to.equal("item 2: x is no number");
    expect(errors["account"]).to.equal("is no JSON");
  });

  it("sends an emptied text as empty, and an emptied list as empty: neither is its default", () => {
    expect(readDraft(fields, typedIn({ greeting: "", kinds: [], batchSize: "" })).params).to.deep.equal({
      greeting: "",
      kinds: [],
    });
  });

  const saved = { token: { secret: true }, when: "2027-01-31T08:00:00Z", batchSize: 250, notes: "old" };
  const patched = (values: Record<string, string | string[]>, over: Record<string, unknown> = saved) => {
    const start = startDraft(fields, over);
    return patchOf(fields, { ...start, values: { ...start.values, ...values } }, over).params;
  };

  it("L3: keeps a saved secret without showing it, and patches only what has changed", () => {
    const start = startDraft(fields, saved);
    expect(start.values).to.include({ token: "", batchSize: "250", notes: "old" });
    expect(patched({ notes: "", batchSize: "300" })).to.deep.equal({ batchSize: 300, notes: null });
    const replaced = { ...start, kept: new Set<string>() };
    expect(patchOf(fields, replaced, saved).params).to.deep.equal({ token: null });
    const given = { ...replaced, values: { ...replaced.values, token: "xoxb-1" } };
    expect(patchOf(fields, given, saved).params).to.deep.equal({ token: "xoxb-1" });
  });

  it("patches nothing that nobody has touched: not what equals today's default, not what is declared no more", () => {
    // As a run has them: with the defaults of then, in the form that the service gave them.
    const then = {
      ...saved,
      batchSize: 100,
      greeting: "hello",
      kinds: ["a", "b"],
      dryRun: false,
      wasDeclared: 7,
    };
    expect(patched({}, then)).to.deep.equal({});
    expect(patched({ batchSize: " 100 " }, then), "typed anew as it is").to.deep.equal({});
    expect(patched({ batchSize: "7" }, { ...then, batchSize: 7 })).to.deep.equal({});
  });

  it("patches a value that somebody typed, also today's default: the saved one is another", () => {
    expect(patched({ batchSize: "100" })).to.deep.equal({ batchSize: 100 });
    expect(patched({ batchSize: "" }), "emptied").to.deep.equal({ batchSize: null });
    expect(patched({ share: "" }), "was empty before").to.deep.equal({});
    expect(patched({ kinds: [] }, { ...saved, kinds: ["c"] })).to.deep.equal({ kinds: [] });
  });

  it("holds nobody up by a saved value that has no JSON form in today's field, unless it is touched", () => {
    const odd = { ...saved, batchSize: "many" };
    const start = startDraft(fields, odd);
    expect(patchOf(fields, start, odd)).to.deep.equal({ params: {}, errors: {} });
    const touched = { ...start, values: { ...start.values, batchSize: "more" } };
    expect(patchOf(fields, touched, odd).errors).to.have.all.keys("batchSize");
  });

  it("a param that a new version declares under the open form opens with its default, and is not sent as empty", () => {
    const start = startDraft(fields);
    const typing = { ...start, values: { ...start.values, notes: "typed" } };
    const more = fieldsOf({
      ...declared,
      optionalParams: { ...optionalParams, motto: { type: "string", default: "onward" } },
    });
    const whole = completeDraft(more, typing);
    expect(whole.values).to.include({ motto: "onward", notes: "typed" });
    expect(readDraft(more, whole).params).to.deep.equal({ notes: "typed" });
    const over = completeDraft(more, startDraft(fields, saved), { ...saved, motto: "kept" });
    expect(patchOf(more, over, { ...saved, motto: "kept" }).params).to.deep.equal({});
  });

  it("lays what is typed over what somebody else has saved meanwhile", () => {
    const start = startDraft(fields, saved);
    const mine = { ...start, values: { ...start.values, notes: "mine", batchSize: "300" } };
    const theirs = { ...saved, notes: "theirs", home: "https://example.com/" };
    const laid = rebaseDraft(fields, mine, theirs);
    expect(laid.values).to.include({ notes: "mine", batchSize: "300", home: "https://example.com/" });
    expect(patchOf(fields, laid, theirs).params).to.deep.equal({ notes: "mine", batchSize: 300 });
    const secret = { ...mine, kept: new Set<string>(), values: { ...mine.values, token: "xoxb-new" } };
    expect(patchOf(fields, rebaseDraft(fields, secret, theirs), theirs).params).to.include({
      token: "xoxb-new",
    });
  });

  it("takes objects for the same whatever the order of their names", () => {
    expect(same({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).to.equal(true);
    expect(same([1], { 0: 1 })).to.equal(false);
    expect(same({ a: undefined }, {})).to.equal(false);
  });

  it("says rules of groups and bounds of values in words", () => {
    expect(ruleOf({ params: ["a", "b"], min: 1, max: 1 })).to.equal("Exactly one of a, b.");
    expect(ruleOf({ params: ["a", "b", "c"], max: 2 })).to.equal("At most two of a, b, c.");
    expect(
      groupsOf({ ...declared, paramGroups: [{ params: ["a"], min: 1, message: "one!" }] })[0]!.rule,
    ).to.equal("one!");
    const bounds = Object.fromEntries(fields.map((field) => [field.name, boundsOf(field).join(", ")]));
    expect(bounds).to.include({
      batchSize: "1 to 1000",
      when: "in UTC",
      days: "each a date YYYY-MM-DD",
      rows: "JSON",
    });
  });
});
