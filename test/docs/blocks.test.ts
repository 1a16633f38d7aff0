// The reader of pages itself: what it takes for a block, and that a wrong page does not pass.
import { expect } from "chai";
import { blocksOf, commandsOf, fits, numbersVary } from "./blocks.ts";
import { pathOf, withTold } from "./follow.ts";

const block = (text: string) => ({ info: "console", text, line: 1, heading: "" });

describe("blocks of a page", () => {
  it("are found with their kind, first line and heading", () => {
    const page = "# Title\n\n## Start\n\n```sh\nls\n```\n\ntext\n\n```ts\n# no heading\n```\n";
    expect(blocksOf(page)).to.deep.equal([
      { info: "sh", text: "ls", line: 6, heading: "Start" },
      { info: "ts", text: "# no heading", line: 12, heading: "Start" },
    ]);
  });

  it("must be closed", () => {
    expect(() => blocksOf("```sh\nls\n")).to.throw("not closed");
  });

  it("hold commands with the output that is shown below them", () => {
    expect(commandsOf(block("$ a \\\n  -b\nx\ny\n$ c"))).to.deep.equal([
      { text: "a \\\n  -b", output: "x\ny\n" },
      { text: "c", output: "" },
    ]);
    expect(() => commandsOf(block("ls\n$ a"))).to.throw("begins with");
  });

  for (const [expected, actual, same] of [
    ["a\nb", "a\nb\n", true],
    ["a\nb", "a\nc", false],
    ["a", "a\nb", false],
    ["", "a", false],
    ["a…c", "a b c", true],
    ["a…c", "a\nc", false],
    ["a\n…\nd", "a\nb\nc\nd", true],
    ["a\n…\nd", "a\nd", true],
    ["…\na", "b\nc", false],
    ["(a).*", "(a).*", true],
    ["(a).*", "abc", false],
  ] as const) {
    it(`${JSON.stringify(expected)} ${same ? "is" : "is not"} shown by ${JSON.stringify(actual)}`, () => {
      expect(fits(actual, expected)).to.equal(same);
    });
  }

  it("may be a transcript of which only the numbers vary", () => {
    const shape = numbersVary("took 1.5 s\nfires 14 = rows 14\n");
    expect("took 0 s\nfires 3 = rows 3").to.match(shape);
    expect("took 0 s\nfires 3 but rows 2").not.to.match(shape);
  });

  it("of TypeScript say where they are to be saved", () => {
    expect(pathOf(block("// a/job.ts\nx"))).to.equal("a/job.ts");
    expect(() => pathOf(block("x"))).to.throw("its path");
  });

  it("may leave out what the service has printed, which is copied then", () => {
    const told = "hello\n  export TOKEN=abc_123\n";
    expect(withTold("export TOKEN=abc_…\nls", told)).to.equal("export TOKEN=abc_123\nls");
    expect(() => withTold("export OTHER=…", told)).to.throw("no line");
  });
});
