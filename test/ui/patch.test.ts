import { expect } from "chai";
import { type DiffLine, diffLines } from "../../ui/src/words/patch.ts";

const PATCH = `--- a/job.ts
+++ b/job.ts
@@ -3,4 +3,5 @@
 export class Job {
-  timeout = "10m";
-  gone();
+  timeout = "20m";
+  other(1);
+  third();
 }
\\ No newline at end of file
`;

const marked = (line: DiffLine) => line.words.filter(({ changed }) => changed).map(({ text }) => text);

describe("a patch as lines", () => {
  it("numbers both sides, and leaves out the head and what git says of line ends", () => {
    expect(diffLines(PATCH).map(({ kind, before, after }) => [kind, before, after])).to.deep.equal([
      ["hunk", null, null],
      ["same", 3, 3],
      ["removed", 4, null],
      ["removed", 5, null],
      ["added", null, 4],
      ["added", null, 5],
      ["added", null, 6],
      ["same", 6, 7],
    ]);
  });

  it("marks inside of lines that stand for each other what differs, and nothing where lines were only added", () => {
    const [, removed, added] = diffLines('@@ -1 +1 @@\n-  timeout: "10m",\n+  timeout: "20m",\n');
    expect([marked(removed!), marked(added!)]).to.deep.equal([["1"], ["2"]]);
    expect(diffLines(PATCH).flatMap(marked)).to.deep.equal([]);
    expect(diffLines("@@ -1 +1 @@\n-abc\n+xyz\n").flatMap(marked), "nothing in common").to.deep.equal([]);
  });
});
