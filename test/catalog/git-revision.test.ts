import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitRevision, GitRevisions } from "../../src/catalog/git-revision.ts";
import { eventually } from "../support/eventually.ts";
import { mkfifo } from "../support/mkfifo.ts";

describe("the revision of a source", () => {
  let base: string;
  beforeEach(() => (base = realpathSync(mkdtempSync(join(tmpdir(), "jobmount-git-")))));
  afterEach(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }));

  const git = (cwd: string, ...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
      cwd,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: base, GIT_CONFIG_NOSYSTEM: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const repository = (): string => {
    const folder = join(base, "repo");
    mkdirSync(join(folder, "tasks", "a"), { recursive: true });
    writeFileSync(join(folder, "tasks", "a", "job.ts"), "1");
    git(base, "init", "-q", "-b", "main", folder);
    git(folder, "add", ".");
    git(folder, "commit", "-q", "-m", "first");
    return folder;
  };

  it("is the commit of the nearest repository, on a branch, packed, or detached", async () => {
    const folder = repository();
    const commit = git(folder, "rev-parse", "HEAD");
    expect(commit).to.match(/^[0-9a-f]{40}$/);
    expect(await gitRevision(folder)).to.equal(commit);
    expect(await gitRevision(join(folder, "tasks")), "the source lies inside the repository").to.equal(
      commit,
    );
    git(folder, "pack-refs", "--all");
    expect(await gitRevision(folder)).to.equal(commit);
    git(folder, "commit", "-q", "--allow-empty", "-m", "second");
    const second = git(folder, "rev-parse", "HEAD");
    git(folder, "checkout", "-q", "--detach", second);
    expect(await gitRevision(folder))
      .to.equal(second)
      .and.not.to.equal(commit);
  });

  it("is that of a worktree, as git-sync mounts one", async () => {
    const folder = repository();
    const tree = join(base, "tree");
    git(folder, "worktree", "add", "-q", "-b", "other", tree);
    git(tree, "commit", "-q", "--allow-empty", "-m", "in the tree");
    expect(await gitRevision(join(tree, "tasks"))).to.equal(git(tree, "rev-parse", "HEAD"));
    expect(await gitRevision(folder)).to.equal(git(folder, "rev-parse", "HEAD"));
  });

  it("is looked up once for loads that begin together, and anew for the next ones", async () => {
    const folder = join(base, "together");
    git(base, "init", "-q", folder);
    const commit = (): string => {
      git(folder, "commit", "-q", "--allow-empty", "-m", "one");
      return git(folder, "rev-parse", "HEAD");
    };
    const first = commit();
    const revisions = new GitRevisions();
    const [one, two] = [revisions.of(folder), revisions.of(folder)];
    expect(one).to.equal(two);
    expect(await one).to.equal(first);
    const second = commit();
    await eventually(async () => (await revisions.of(folder)) === second);
  });

  it("is null without a repository, without a commit, and for whatever else a .git may be", async () => {
    expect(await gitRevision(base)).to.equal(null);
    git(base, "init", "-q", join(base, "empty"));
    expect(await gitRevision(join(base, "empty"))).to.equal(null);
    const odd = join(base, "odd");
    mkdirSync(join(odd, ".git"), { recursive: true });
    for (const head of ["secret of the host", "ref: refs/../../../etc/passwd", "ref: /etc/passwd", "ref: "]) {
      writeFileSync(join(odd, ".git", "HEAD"), head);
      expect(await gitRevision(odd), head).to.equal(null);
    }
    rmSync(join(odd, ".git"), { recursive: true });
    writeFileSync(join(odd, ".git"), "gitdir: /etc");
    expect(await gitRevision(odd)).to.equal(null);
    rmSync(join(odd, ".git"));
    await mkfifo(join(odd, ".git"));
    expect(await gitRevision(odd), "a pipe that nobody writes to").to.equal(null);
  });
});
