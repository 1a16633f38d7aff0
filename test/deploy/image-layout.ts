// The image without a container engine: its files made by the Dockerfile's own commands in a temp folder that is then the
// root of a process without rights, in mount and process spaces of its own, with a read-only root.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/service.ts";
import { environmentOf, last, readDockerfile, type Stage, wholeStage, words } from "./dockerfile.ts";

/** Of Debian, as in the image; the rest of the root is the image's own. */
const SHARED = ["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/share"].filter(existsSync);
const LINKS = ["bin", "sbin", "lib", "lib64"];

/** A service or a verb in the image, with its root and rights. */
export interface RunOptions {
  args: readonly string[];
  env?: Record<string, string>;
  /** Folders of this machine by where they are mounted, read-only. */
  mounts?: Record<string, string>;
  /** Instead of the image's own, as `--entrypoint` of Docker. */
  entrypoint?: readonly string[];
}

export class ImageLayout {
  readonly folder = mkdtempSync(join(tmpdir(), "jobmount-image-"));
  readonly root = join(this.folder, "root");
  readonly tarball: string;
  readonly #stages: Stage[];

  /** Packs and installs as the stages `build` and `packages` do, then does what `base` says. */
  constructor() {
    this.#stages = readDockerfile(join(ROOT, "Dockerfile")).stages;
    const packed = this.#inside(ROOT, "npm pack --ignore-scripts --json --pack-destination", this.folder);
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    this.tarball = join(this.folder, filename);
    this.#installPackages();
    this.#makeRoot();
    for (const { name, text } of wholeStage(this.#stages, "base")) if (name === "RUN") this.#buildStep(text);
  }

  /** Ends it when its first line asks for it; the service itself is a child of unshare, which ends with it. */
  start(stage: string, options: RunOptions): ChildProcess {
    const [command, ...args] = this.#command(stage, options);
    return spawn(command!, args, { env: { PATH: process.env["PATH"] }, stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Runs a verb to its end. */
  run(stage: string, options: RunOptions): { status: number | null; output: string; stdout: string } {
    const [command, ...args] = this.#command(stage, options);
    const { status, stdout, stderr } = spawnSync(command!, args, {
      env: { PATH: process.env["PATH"] },
      encoding: "utf8",
    });
    return { status, stdout, output: stdout + stderr };
  }

  /** What the HEALTHCHECK of the stage says inside the spaces of a running service. */
  health(stage: string, pid: number): number | null {
    const { text } = wholeStage(this.#stages, stage).find(({ name }) => name === "HEALTHCHECK")!;
    return this.exec(stage, pid, JSON.parse(/CMD (\[.*\])$/.exec(text)![1]!) as string[]).status;
  }

  /** What `docker exec` does: a command in the spaces of a running service, by the image's user. */
  exec(stage: string, pid: number, command: readonly string[]): { status: number | null; output: string } {
    const inside = ["nsenter", `--target=${pid}`, "--mount", "--pid", "--root", "--wd"];
    const [program, ...args] = [...inside, ...this.#become(stage), ...command];
    const { status, stdout, stderr } = spawnSync(program!, args, { env: this.#env(stage), encoding: "utf8" });
    return { status, output: stdout + stderr };
  }

  /** The process that is the first in its space; the given one is unshare, its parent. */
  async firstOf(child: ChildProcess): Promise<number> {
    return eventually(() => {
      const path = `/proc/${child.pid}/task/${child.pid}/children`;
      return existsSync(path) ? Number(readFileSync(path, "latin1").trim().split(" ")[0]) : 0;
    }, 10_000);
  }

  /** Empties /data, and gives it to the user that the stage says. */
  cleanData(stage: string): void {
    rmSync(join(this.root, "data"), { recursive: true, force: true, maxRetries: 5 });
    for (const { name, text } of wholeStage(this.#stages, stage)) {
      if (name === "RUN" && text.includes("/data")) this.#buildStep(text);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #env(stage: string): Record<string, string> {
    return {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ...environmentOf(wholeStage(this.#stages, stage)),
    };
  }

  #command(stage: string, { args, env = {}, mounts = {}, entrypoint }: RunOptions): string[] {
    const all = wholeStage(this.#stages, stage);
    const entry = entrypoint ?? words(all, "ENTRYPOINT");
    for (const path of Object.keys(mounts)) mkdirSync(join(this.root, path), { recursive: true });
    const variables = Object.entries({ ...this.#env(stage), ...env }).map((pair) => pair.join("="));
    const steps = [
      ...SHARED.map((path) => `mount --bind -o ro ${path} "$R${path}"`),
      `mount -t proc proc "$R/proc"`,
      `for one in null zero urandom random; do touch "$R/dev/$one"; mount --bind "/dev/$one" "$R/dev/$one"; done`,
      ...Object.entries(mounts).map(([to, from]) => `mount --bind -o ro "${from}" "$R${to}"`),
      `mount --bind "$R/data" "$R/data"`,
      `mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"`,
      // Last: what was mounted before stays as it is.
      `mount --bind -o remount,ro "$R"`,
    ];
    const script = `set -e; R=$1; shift; mount --bind "$R" "$R"; ${steps.join("; ")}; exec "$@"`;
    const spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
    const directory = ["env", "-i", `--chdir=${last(all, "WORKDIR") ?? "/"}`, ...variables];
    return [
      ...[...spaces, "sh", "-c", script, "sh", this.root, "chroot", this.root],
      ...[...this.#become(stage), ...directory, ...entry, ...args],
    ];
  }

  /** The user of the stage, without a right that its kind does not need. */
  #become(stage: string): string[] {
    const [uid, gid] = last(wholeStage(this.#stages, stage), "USER")!.split(":") as [string, string];
    const kept = uid === "0" ? `-all,${JOB_USER_CAPABILITIES.map((one) => `+${one}`).join(",")}` : "-all";
    const rights = ["--bounding-set", kept, "--inh-caps", "-all"];
    // By a shell, so that the last program is started without any right that setpriv still had.
    const plain = ["sh", "-c", 'exec "$@"', "sh"];
    return [
      "setpriv",
      "--reuid",
      uid,
      "--regid",
      gid,
      "--clear-groups",
      "--no-new-privs",
      ...rights,
      ...plain,
    ];
  }

  #installPackages(): void {
    const app = join(this.root, "app");
    mkdirSync(app, { recursive: true });
    execFileSync("tar", ["-xzf", this.tarball, "-C", app, "--strip-components", "1", "--no-same-owner"]);
    const packages = join(this.folder, "packages");
    mkdirSync(packages);
    for (const name of ["package.json", "package-lock.json", ".npmrc"])
      cpSync(join(ROOT, name), join(packages, name));
    const install = last(this.#stages.find(({ name }) => name === "packages")!.instructions, "RUN")!;
    this.#inside(packages, `${install} --prefer-offline --no-audit`);
    execFileSync("mv", [join(packages, "node_modules"), join(app, "node_modules")]);
  }

  #makeRoot(): void {
    const inRoot = (path: string) => join(this.root, path);
    for (const path of [...SHARED, "/usr/local/bin", "/usr/local/lib", "/proc", "/dev", "/tmp", "/etc"])
      mkdirSync(inRoot(path), { recursive: true });
    for (const name of LINKS) symlinkSync(`usr/${name}`, inRoot(name));
    cpSync(process.execPath, inRoot("usr/local/bin/node"), { dereference: true });
    for (const name of ["passwd", "group"]) writeFileSync(inRoot(`etc/${name}`), "root:x:0:0::/:/bin/sh\n");
  }

  /** A RUN of the Dockerfile in the root, but for what Debian's packages bring. */
  #buildStep(text: string): void {
    const parts = text.split(" && ").filter((part) => !/^(apt-get|rm -rf|user|group)/.test(part));
    if (parts.length === 0) return;
    const binds = SHARED.map((path) => `mount --bind ${path} "$1${path}"`).join("; ");
    const script = `set -e; ${binds}; exec chroot "$1" /bin/sh -e -c "$2"`;
    const args = [
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-c",
      script,
      "sh",
      this.root,
      parts.join(" && "),
    ];
    execFileSync("unshare", args, { env: { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" } });
  }

  #inside(cwd: string, command: string, ...args: string[]): string {
    const all = [...command.split(" "), ...args];
    return execFileSync(all[0]!, all.slice(1), { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }
}

/** Of the variant in which jobs have a user of their own; docs/operations.md names the same. */
export const JOB_USER_CAPABILITIES = ["setuid", "setgid", "kill", "chown", "dac_override", "sys_ptrace"];
