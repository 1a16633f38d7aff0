// docs/load-errors.md: every code has its part, and every example of the contract's own codes does what its part says.
// The examples of the catalog's codes are loaded in test/catalog/load-errors.test.ts.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import ts from "typescript";
import { CATALOG_RULES } from "../../src/catalog/load-problem.ts";
import { checkSchema } from "../../src/json-schema.ts";
import { describeModule } from "../../src/sdk/describe.ts";
import { PROBLEM_CODES } from "../../src/sdk/problems.ts";

const page = readFileSync(new URL("../../docs/load-errors.md", import.meta.url), "utf8");
const sdk = new URL("../../src/sdk/index.ts", import.meta.url).href;

const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    text,
    heading: text.slice(0, text.indexOf("\n")),
    code: text.slice(0, text.indexOf(":")),
    blocks: [...text.matchAll(/```ts\n\/\/ (wrong|right)\n([^]*?)```/g)].map(([, kind, source]) => ({
      kind,
      source,
    })),
  }));

/** As a job.ts would be loaded, without types. */
async function load(source: string): Promise<unknown> {
  const { outputText } = ts.transpileModule(source.replace('"jobmount"', JSON.stringify(sdk)), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

describe("docs/load-errors.md", () => {
  it("has one section for each code, with its title, and no other", () => {
    expect(sections.map(({ heading }) => heading)).to.deep.equal(
      Object.entries({ ...PROBLEM_CODES, ...CATALOG_RULES }).map(([code, title]) => `${code}: ${title}`),
    );
  });

  it("has a wrong example in each", () => {
    const wrong = /```(ts\n\/\/|text\n#) wrong\n/;
    expect(sections.filter(({ text }) => !wrong.test(text)).map(({ code }) => code)).to.deep.equal([]);
  });

  for (const { code, blocks } of sections.filter(({ code }) => code in PROBLEM_CODES)) {
    it(`${code}: the wrong example has this problem alone, with a message and a next step`, async () => {
      const wrong = blocks.find(({ kind }) => kind === "wrong");
      const described = describeModule(await load(wrong!.source!), { checkSchema });
      if (!("problems" in described)) return expect.fail("it loads");
      expect(
        [...new Set(described.problems.map((problem) => problem.code))],
        JSON.stringify(described),
      ).to.deep.equal([code]);
      for (const { message, hint } of described.problems) expect(message && hint).not.to.equal("");
    });

    it(`${code}: the right example loads`, async () => {
      const right = blocks.find(({ kind }) => kind === "right");
      expect(describeModule(await load(right!.source!), { checkSchema })).to.have.property("spec");
    });
  }
});
