import { expect } from "chai";
import { fieldNames } from "../../src/sdk/class-fields.ts";

/** Real classes from their text, so that no compiler on the way changes it. */
const fieldsOf = (body: string, head = "class"): string[] =>
  fieldNames(new Function("base", `return ${head} {\n${body}\n}`)((_: unknown) => class {}));

describe("the fields of a class, read from its text", () => {
  it("are found with and without a value, on one line and on several", () => {
    expect(
      fieldsOf("state = 1; log; run = { a: 1,\n b: [2] };\n  x = () => {\n log = 3;\n};\n y"),
    ).to.deep.equal(["state", "log", "run", "x", "y"]);
    expect(
      fieldsOf("a = 1\n  b = 2 +\n 3\n c() { }\n d = function () { return { e: 1 } }\n f = 2"),
    ).to.deep.equal(["a", "b", "d", "f"]);
  });

  it("are neither methods, accessors, statics, private ones nor what stands inside of them", () => {
    const body = [
      "run() { state = 1; const log = 2; }",
      "get state() { return 1; } set state(v) { this.x = v; }",
      "static log = 1; static { this.y = 2; }",
      "async progress() { for (const params of []) { params; } }",
      "*[Symbol.iterator]() { run = 1; }",
      "#state = 1; #log() {}",
    ].join("\n");
    expect(fieldsOf(body)).to.deep.equal([]);
  });

  it("are told from texts, comments and expressions that look like them", () => {
    const body = [
      'a = "}; state = 1; {";',
      "b = `} ${ `; log = ${ { x: 1 }.x } ` } \n  run = 2;`;",
      "c = /[/}]state = 1;{/;",
      "// state = 1;\n/* log = 1; } */",
      "d = 4 / 2 / 1;",
      "e = (x) => x / 2;",
      "f() { return /}/.test('') ? `\n  state = 1;\n` : 0 }",
      "g = 1;",
    ].join("\n");
    expect(fieldsOf(body)).to.deep.equal(["a", "b", "c", "d", "e", "g"]);
  });

  for (const [what, line] of [
    ["divisions", "x = 1 / 2 / 3;\n"],
    ["one field over many lines", "1 +\n"],
    ["texts with blanks before a slash", 'y = ""               / 2;\n'],
  ] as const) {
    it(`S13: of a class of hundreds of kilobytes are found within a moment: ${what}`, () => {
      const body = `a = ${line.repeat(Math.floor(250_000 / line.length))} 1;`;
      const Large = new Function(`return class {\n${body}\n}`)() as unknown;
      const from = process.cpuUsage();
      const fields = fieldNames(Large);
      const { user, system } = process.cpuUsage(from);
      expect(fields[0]).to.equal("a");
      expect((user + system) / 1_000, "ms of processor time").to.be.below(1_500);
    });
  }

  it("are those of the class alone, whatever its heritage holds", () => {
    const head = "class Job extends base({ state: 1, log() { run = 2; }, text: `\n  params = 1;\n` })";
    expect(fieldsOf("own = 1;", head)).to.deep.equal(["own"]);
  });

  it("of what is no class there are none", () => {
    for (const other of [null, undefined, 1, {}, () => 1, function state() {}, Math.max, Proxy])
      expect(fieldNames(other)).to.deep.equal([]);
  });
});
