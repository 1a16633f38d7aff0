// Volumes that are swapped as a whole, as the kubelet and git-sync do it, against a real service.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { onEveryDatabase } from "../support/databases.ts";
import { KubeVolume, type LinksMade } from "../support/kube-volume.ts";
import { Mounts, prints } from "../support/mounts.ts";
import { Victim } from "../support/victim.ts";

const task = (text: string): Record<string, string> => ({
  "job.ts": prints("words", 'import { words } from "./words";'),
  "words.ts": `export const words = "${text}";`,
});
const inFolder = (folder: string, files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));

onEveryDatabase("R3: after each swap of a volume the next run prints the new text", function (databases) {
  let mounts: Mounts;
  let victim: Victim;

  before(async function () {
    this.timeout(60_000);
    mounts = await Mounts.start({
      sources: ["whole", "items", "old_kubelet", "current", "below"],
      paths: { current: "gitsync/current", below: "gitsync/linked/deep" },
      database: await databases.freshUrl(),
      prepare: (made) => {
        for (const source of ["whole", "items", "old_kubelet"])
          made.write({ [`${source}/other/job.ts`]: prints('"other"') });
        mkdirSync(made.path("gitsync"));
      },
    });
    await mounts.prints("items:other", "other");
    victim = await Victim.of(mounts.service, "whole:other");
  });
  after(() => mounts.stop());

  for (const [source, links] of [
    ["whole", "after the swap"],
    ["old_kubelet", "before the swap"],
  ] as [string, LinksMade][]) {
    it(`a whole ConfigMap as one task directory, links made ${links}`, async () => {
      const volume = new KubeVolume(mounts.path(`${source}/says`), links);
      for (const text of ["one", "two", "three"]) {
        expect(volume.write(task(text))).to.equal(true);
        await mounts.prints(`${source}:says`, text);
      }
      const { version } = await mounts.job(`${source}:says`);
      expect(volume.write(task("three")), "nothing to write").to.equal(false);
      volume.write({ ...task("three"), "notes.txt": "a key that no job reads" });
      await mounts.prints(`${source}:other`, "other");
      expect((await mounts.job(`${source}:says`)).version).to.deep.equal(version);
      volume.write({ ...task("four"), "job.ts": "broken(" });
      const { loadError } = await mounts.becomes(`${source}:says`, "stale");
      expect(loadError).to.include({ code: "syntax", file: "says/job.ts", line: 1 });
      expect(await mounts.printed(`${source}:says`)).to.equal("three");
      volume.write({ "job.ts": prints('"alone"') });
      await mounts.prints(`${source}:says`, "alone");
      expect(await mounts.errors(source)).to.deep.equal([]);
    });
  }

  it("a tree rebuilt by items: jobs that come, change and go with one swap", async () => {
    const volume = new KubeVolume(mounts.path("items/tree"));
    const root = new KubeVolume(mounts.path("items"));
    root.write({ ...inFolder("billing/sync", task("sync one")), ...inFolder("mail", task("mail one")) });
    await mounts.prints("items:billing/sync", "sync one");
    await mounts.prints("items:mail", "mail one");
    root.write({
      ...inFolder("billing/sync", task("sync two")),
      ...inFolder("billing/close", task("close one")),
      ...inFolder("mail", task("mail one")),
    });
    await mounts.prints("items:billing/sync", "sync two");
    await mounts.prints("items:billing/close", "close one");
    expect(await mounts.printed("items:mail")).to.equal("mail one");
    root.write({ ...inFolder("billing/close", task("close two")) });
    await mounts.prints("items:billing/close", "close two");
    await mounts.becomes("items:mail", "missing");
    await mounts.becomes("items:billing/sync", "missing");
    volume.write(inFolder("deep/er", task("below another folder")));
    await mounts.prints("items:tree/deep/er", "below another folder");
    expect(await mounts.errors("items")).to.deep.equal([]);
  });

  it("git-sync: a link to a worktree is pointed to the next one, and the old one goes", async function () {
    this.timeout(60_000);
    const root = mounts.path("gitsync");
    const git = (cwd: string, ...args: string[]): string =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.test", ...args], {
        cwd,
        encoding: "utf8",
      }).trim();
    mkdirSync(mounts.path("upstream"));
    git(mounts.path("upstream"), "init", "-q", "-b", "main");
    git(root, "init", "-q");
    for (const text of ["one", "two", "three"]) {
      mounts.write(inFolder("upstream/says", task(text)));
      mounts.write(inFolder("upstream/deep/says", task(`deep ${text}`)));
      git(mounts.path("upstream"), "add", "-A");
      git(mounts.path("upstream"), "commit", "-qm", text);
      const commit = git(mounts.path("upstream"), "rev-parse", "HEAD");
      git(root, "fetch", "-q", "--depth=1", mounts.path("upstream"), commit);
      git(root, "worktree", "add", "-q", "--force", "--detach", `.worktrees/${commit}`, commit);
      // Two links of one tree: a source may not lie inside of another.
      for (const link of ["linked", "current"]) {
        symlinkSync(`.worktrees/${commit}`, `${root}/tmp-link`);
        renameSync(`${root}/tmp-link`, `${root}/${link}`);
      }
      for (const old of readdirSync(`${root}/.worktrees`).filter((name) => name !== commit)) {
        mounts.remove(`gitsync/.worktrees/${old}`);
        git(root, "worktree", "prune");
      }
      await mounts.prints("current:says", text);
      await mounts.prints("below:says", `deep ${text}`);
      const { version } = await mounts.job("current:says");
      const { json } = await mounts.service.get(`/jobs/current:says/versions/${version.hash}`);
      expect(json.revision).to.equal(commit);
    }
    expect(await mounts.source("current")).to.include({ state: "available" });
  });

  it("meanwhile the runs of a job that nobody touched were on time", () => victim.wasOnTime());
});
