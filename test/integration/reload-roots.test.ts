// What happens to the root of a source as a whole, and links in it, against a real service without any mount.
import { expect } from "chai";
import { cpSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Mounts, prints } from "../support/mounts.ts";

const SOURCES = ["removed", "again", "replaced", "emptied", "late", "loops", "outside"];

onEveryDatabase(
  "R4: what happens to a root, and then the next run prints the new text",
  function (databases) {
    let mounts: Mounts;
    const becomes = (source: string, state: string) =>
      eventually(async () => {
        const now = await mounts.source(source);
        if (now.state !== state) throw new Error(`${source} is ${now.state}: ${now.detail}`);
        return now;
      });
    const save = (source: string, text: string) =>
      mounts.write({ [`${source}/says/job.ts`]: prints(JSON.stringify(text)) });

    before(async function () {
      this.timeout(60_000);
      mounts = await Mounts.start({
        sources: SOURCES,
        paths: { late: "volumes/late" },
        database: await databases.freshUrl(),
        prepare: (made) => {
          for (const source of SOURCES)
            if (source !== "late") made.write({ [`${source}/says/job.ts`]: prints('"first"') });
          mkdirSync(made.path("aside"));
        },
      });
      for (const source of SOURCES) if (source !== "late") await mounts.prints(`${source}:says`, "first");
    });
    after(() => mounts.stop());

    it("a root that is removed is told as unavailable, its jobs go on with what they last were, and made again it serves anew", async () => {
      mounts.remove("removed");
      const { detail } = await becomes("removed", "unavailable");
      expect(detail).to.match(/does not exist$/);
      expect(await mounts.printed("removed:says")).to.equal("first");
      expect((await mounts.job("removed:says")).loadState).to.equal("ready");
      save("removed", "second");
      await mounts.prints("removed:says", "second");
      save("removed", "third");
      await mounts.prints("removed:says", "third");
    });

    it("a root that is removed and made again within one tick, again and again", async () => {
      for (const text of ["second", "third", "fourth"]) {
        mounts.remove("again");
        save("again", text);
        await mounts.prints("again:says", text);
        save("again", `${text}, edited`);
        await mounts.prints("again:says", `${text}, edited`);
      }
    });

    it("a root that is replaced by a rename, and put back", async () => {
      cpSync(mounts.path("replaced"), mounts.path("aside/replaced"), { recursive: true });
      mounts.write({ "aside/replaced/says/job.ts": prints('"of the other root"') });
      renameSync(mounts.path("replaced"), mounts.path("aside/kept"));
      renameSync(mounts.path("aside/replaced"), mounts.path("replaced"));
      await mounts.prints("replaced:says", "of the other root");
      save("replaced", "edited in it");
      await mounts.prints("replaced:says", "edited in it");
      renameSync(mounts.path("replaced"), mounts.path("aside/replaced"));
      renameSync(mounts.path("aside/kept"), mounts.path("replaced"));
      await mounts.prints("replaced:says", "first");
    });

    it("a root that is emptied is no folder without jobs: nothing becomes missing", async () => {
      mounts.remove("emptied/says");
      const { detail } = await becomes("emptied", "unavailable");
      expect(detail).to.contain("is empty: is the volume mounted?");
      expect(await mounts.printed("emptied:says")).to.equal("first");
      expect((await mounts.job("emptied:says")).loadState).to.equal("ready");
      save("emptied", "second");
      await mounts.prints("emptied:says", "second");
      await becomes("emptied", "available");
    });

    it("a root that is missing at the start is said, and picked up when it appears", async () => {
      const { state, detail } = await mounts.source("late");
      expect({ state, detail }).to.deep.equal({ state: "unavailable", detail: "it is not there yet" });
      save("volumes/late", "here now");
      await mounts.prints("late:says", "here now");
      save("volumes/late", "edited");
      await mounts.prints("late:says", "edited");
      await becomes("late", "available");
    });

    it("R5: links in a circle are refused and named, and the jobs around them run and reload", async () => {
      mounts.write({ "loops/says/lib/words.ts": 'export const words = "one";', "loops/a/b/notes.txt": "" });
      symlinkSync("..", mounts.path("loops/says/up"));
      symlinkSync("../b", mounts.path("loops/a/b/self"));
      symlinkSync("../a", mounts.path("loops/says/cross"));
      symlinkSync("../says", mounts.path("loops/a/cross"));
      symlinkSync("round", mounts.path("loops/round"));
      mounts.write({ "loops/says/job.ts": prints("words", 'import { words } from "./lib/words";') });
      await mounts.prints("loops:says", "one");
      await eventually(async () => {
        const named = await mounts.errors("loops");
        expect(named).to.include.members(["E110 says/up", "E110 a/b/self"]);
        return true;
      });
      mounts.write({ "loops/says/lib/words.ts": 'export const words = "two";' });
      await mounts.prints("loops:says", "two");
    });

    it("R5: links that lead outside are refused and named, whatever they are, and the jobs beside them run", async () => {
      mounts.write({
        "aside/secret/job.ts": prints('"from outside"'),
        "aside/secret/words.ts": 'export const words = "from outside";',
        "outside/linked_file/notes.txt": "",
        "outside/linked_helper/job.ts": prints("words", 'import { words } from "./words";'),
      });
      symlinkSync("../aside/secret", mounts.path("outside/linked_task"));
      symlinkSync("../../aside/secret/job.ts", mounts.path("outside/linked_file/job.ts"));
      symlinkSync(mounts.path("aside/secret/words.ts"), mounts.path("outside/linked_helper/words.ts"));
      await eventually(async () => {
        expect((await mounts.errors("outside")).sort()).to.deep.equal([
          "E109 linked_file",
          "E109 linked_helper",
          "E109 linked_helper/words.ts",
          "E109 linked_task",
        ]);
        return true;
      });
      for (const job of ["linked_task", "linked_file", "linked_helper"]) {
        const { status } = await mounts.service.call("POST", `/jobs/outside:${job}/runs`, {});
        expect(status, job).to.be.oneOf([404, 409]);
      }
      mounts.remove("outside/linked_helper/words.ts");
      mounts.write({ "outside/linked_helper/words.ts": 'export const words = "a copy";' });
      await mounts.prints("outside:linked_helper", "a copy");
      save("outside", "second");
      await mounts.prints("outside:says", "second");
    });
  },
);
