// A source on the real file system for tests: written file by file in a temp folder, removed afterwards.
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export class TaskFolder {
  private constructor(
    /** Real path of the temp folder. */
    readonly base: string,
    /** The mounted source: `base/tasks`. */
    readonly root: string,
  ) {}

  static async make(files: Record<string, string | Uint8Array> = {}): Promise<TaskFolder> {
    const base = await realpath(await mkdtemp(join(tmpdir(), "jobmount-tasks-")));
    const folder = new TaskFolder(base, join(base, "tasks"));
    await mkdir(folder.root);
    await folder.write(files);
    return folder;
  }

  /** Paths inside the source; missing folders are made. */
  async write(files: Record<string, string | Uint8Array>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(this.path(path)), { recursive: true });
      await writeFile(this.path(path), content);
    }
  }

  /** `target` as written into the link. */
  async link(path: string, target: string): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await symlink(target, this.path(path));
  }

  path(path: string): string {
    return join(this.root, path);
  }

  async remove(path?: string): Promise<void> {
    await rm(path === undefined ? this.base : this.path(path), { recursive: true, force: true });
  }
}

/** A whole job.ts with this name; `body` is put into execute, `head` before the class. */
export function jobText(name: string, body = "", head = ""): string {
  return [
    'import { defineJob } from "jobmount";',
    head,
    `export class Job extends defineJob({ name: ${JSON.stringify(name)} }) {`,
    `  async execute() { ${body} }`,
    "}",
    "",
  ].join("\n");
}
