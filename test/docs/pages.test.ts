// All pages together: nothing on them is run by nobody, and no link leads nowhere.
import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../support/service.ts";
import { blocksOf } from "./blocks.ts";

/** Pages with blocks, and the test that runs them. */
const RUN_BY: Record<string, string> = {
  "README.md": "test/docs/readme.test.ts",
  "docs/writing-jobs.md": "test/docs/writing-jobs.test.ts",
  "docs/coming-from.md": "test/docs/coming-from.test.ts",
  "docs/operations.md": "test/docs/operations.test.ts",
  "docs/deployment.md": "test/docs/deployment.test.ts",
  "docs/rest.md": "test/docs/rest.test.ts",
  "docs/schedules.md": "test/docs/schedules.test.ts",
  "docs/versions.md": "test/docs/versions.test.ts",
  // Its examples are loaded, the wrong ones too.
  "docs/load-errors.md": "test/sdk/load-errors.test.ts",
  // Its blocks are the help of each verb, compared with the command line.
  "docs/cli.md": "test/cli/docs.test.ts",
};

const decisions = readdirSync(join(ROOT, "docs/decisions")).map((name) => `docs/decisions/${name}`);
const pages = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...decisions,
];
const read = (page: string) => readFileSync(join(ROOT, page), "utf8");

describe("README.md and docs", () => {
  for (const page of pages) {
    it(`${page}: a test runs its blocks, if it has any`, () => {
      const blocks = blocksOf(read(page));
      expect(page in RUN_BY, "its place in RUN_BY").to.equal(blocks.length > 0);
      if (blocks.length > 0) expect(read(RUN_BY[page]!)).to.include(page.split("/").at(-1));
    });

    it(`${page}: its links lead somewhere`, () => {
      const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
      expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).to.deep.equal([]);
    });
  }

  it("the index names every page and every decision", () => {
    const index = read("docs/README.md");
    const missing = pages.filter(
      (page) =>
        page.startsWith("docs/") &&
        page !== "docs/README.md" &&
        !index.includes(`](${page.slice("docs/".length)})`),
    );
    expect(missing).to.deep.equal([]);
  });

  it("each decision has a number of its own, in its file, its heading and the index", () => {
    const numbers = decisions.map((page) => Number(/^docs\/decisions\/(\d{3})-/.exec(page)?.[1]));
    expect(new Set(numbers).size).to.equal(decisions.length);
    const index = read("docs/README.md");
    for (const [i, page] of decisions.entries()) {
      expect(read(page)).to.match(new RegExp(`^# ${numbers[i]}\\. `));
      expect(index).to.match(
        new RegExp(`^- \\[${numbers[i]}\\. .*\\]\\(${page.slice("docs/".length)}\\)$`, "m"),
      );
    }
  });
});
