// What a load looked at, kept so that later it can be told without building whether anything changed.
import { sha256Of, Snapshot } from "./snapshot.ts";
import { signaturesOf } from "./signature.ts";
import { absoluteOf, type Tree, type TreePath } from "./tree.ts";
import { sameList, walkFiles, type FileList } from "./walk-files.ts";

/** As it lies in the database. Nothing here depends on where the folder is mounted. */
export interface LoadInputs {
  builder: string;
  /** Name of the dependency folder that was searched (hash of a lockfile); null without one. */
  deps: string | null;
  files: Record<TreePath, string>;
  /** Paths that were only looked at, by what was there: at "none" an import was searched in vain. */
  looked: Record<TreePath, "file" | "folder" | "other" | "none">;
  lists: FileList[];
  /** Where files that were read through a link really lie: events tell of that place alone. */
  places: TreePath[];
}

/** The inputs of a task's last load, with the signatures that spare reading files again. */
export class KnownInputs {
  /** Signatures of files whose content is known to be the one in `inputs`. */
  private readonly signatures = new Map<TreePath, string>();
  /** Every path whose change may change the load, with the real places behind links. */
  private readonly watched: Set<TreePath>;
  private digestOfText: string | null = null;

  private constructor(readonly inputs: LoadInputs) {
    const { files, looked, places } = inputs;
    this.watched = new Set([...Object.keys(files), ...Object.keys(looked), ...places]);
  }

  static ofLoad(snapshot: Snapshot, builder: string, deps: string | null): KnownInputs {
    const files = [...snapshot.files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    const looked = snapshot.lookedAt();
    const known = new KnownInputs({
      builder,
      deps,
      files: Object.fromEntries(files.map((file) => [file.path, file.sha256])),
      looked: Object.fromEntries([...looked].map(([path, signature]) => [path, kindOfSignature(signature)])),
      lists: snapshot.lists,
      places: files.flatMap(({ linkedTo }) => linkedTo ?? []),
    });
    for (const file of files) if (!file.fresh) known.signatures.set(file.path, file.signature);
    for (const [path, signature] of looked) known.signatures.set(path, signature);
    return known;
  }

  /** Null for a text of another builder or shape: then the task is simply loaded. */
  static parse(text: string | null, builder: string): KnownInputs | null {
    if (text === null) return null;
    try {
      const inputs = JSON.parse(text) as LoadInputs;
      const isOurs = inputs.builder === builder && typeof inputs.looked === "object";
      return isOurs && Array.isArray(inputs.lists) && Array.isArray(inputs.places)
        ? new KnownInputs(inputs)
        : null;
    } catch {
      return null;
    }
  }

  toText(): string {
    return JSON.stringify(this.inputs);
  }

  /** Names these very inputs, as `toText` gives them. */
  get digest(): string {
    return (this.digestOfText ??= sha256Of(this.toText()));
  }

  /** The signatures that spare reading, without those that `inputs` tell by themselves. */
  believed(): Record<TreePath, string> {
    const { looked } = this.inputs;
    return Object.fromEntries([...this.signatures].filter(([path, signature]) => looked[path] !== signature));
  }

  /** Takes what `believed` gave for the same inputs, but for what is known already. */
  believe(signatures: Record<TreePath, string>): void {
    for (const [path, signature] of Object.entries(signatures)) {
      if (!this.signatures.has(path)) this.signatures.set(path, signature);
    }
  }

  /** One hash for all that was read, wherever the folder lies; null when nothing was. */
  get contentHash(): string | null {
    const lines = Object.entries(this.inputs.files).map(([path, hash]) => `${hash} ${path}`);
    return lines.length === 0 ? null : sha256Of(lines.join("\n"));
  }

  /** Whether a change of this path concerns the load; with `names`, also a change of everything below it. */
  concerns(path: TreePath, names: boolean): boolean {
    if (this.watched.has(path)) return true;
    if (this.inputs.lists.some((list) => path.startsWith(`${list.folder}/`))) return true;
    if (!names) return false;
    const prefix = path === "" ? "" : `${path}/`;
    for (const watched of this.watched) if (watched.startsWith(prefix)) return true;
    return false;
  }

  /** Whether the load reads this file, or one below this folder: then it is no stray file. */
  reads(path: TreePath): boolean {
    return (
      path in this.inputs.files || Object.keys(this.inputs.files).some((file) => file.startsWith(`${path}/`))
    );
  }

  sameAs(other: KnownInputs | null): boolean {
    return other !== null && other.toText() === this.toText();
  }

  /** Every path that a check has to look at; what `surelyAbsent` answers true for need not be. */
  paths(surelyAbsent: (path: TreePath) => boolean): TreePath[] {
    const looked = Object.entries(this.inputs.looked);
    return [
      ...Object.keys(this.inputs.files),
      ...looked.filter(([path, kind]) => kind !== "none" || !surelyAbsent(path)).map(([path]) => path),
    ];
  }

  /** Whether the signature of one of `paths()` is known to be right: else the task has to be checked for changes. */
  expects(path: TreePath, signature: string): boolean {
    return (this.signatures.get(path) ?? this.inputs.looked[path]) === signature;
  }

  /** Patterns of data files can only be checked by walking their folder. */
  get hasLists(): boolean {
    return this.inputs.lists.some((list) => list.patterns.length > 0);
  }

  /**
   * The first path that changed since the load, or null. Files whose signature is known are not read again, unless
   * `trustSignatures` is false.
   */
  async changed(tree: Tree, trustSignatures = true): Promise<TreePath | null> {
    const { files, looked, lists } = this.inputs;
    const read = Object.keys(files);
    const paths = [...read, ...Object.keys(looked)];
    const signatures = await signaturesOf(paths.map((path) => absoluteOf(tree, path)));
    const doubtful: TreePath[] = [];
    for (const [at, path] of paths.entries()) {
      const signature = signatures[at] ?? "none";
      if (at < read.length) {
        if (!trustSignatures || this.signatures.get(path) !== signature) doubtful.push(path);
      } else if ((this.signatures.get(path) ?? looked[path]) !== signature) {
        return path;
      }
    }
    return (await this.reread(tree, doubtful)) ?? (await relisted(tree, lists));
  }

  private async reread(tree: Tree, paths: readonly TreePath[]): Promise<TreePath | null> {
    const snapshot = new Snapshot(tree);
    for (const path of paths) {
      // What cannot be read any more has changed; why is for the load to say.
      const file = await snapshot.read(path, Number.MAX_SAFE_INTEGER).catch(() => null);
      if (!file || file.sha256 !== this.inputs.files[path]) return path;
      if (file.fresh) this.signatures.delete(path);
      else this.signatures.set(path, file.signature);
    }
    return null;
  }
}

async function relisted(tree: Tree, lists: readonly FileList[]): Promise<TreePath | null> {
  for (const list of lists) {
    const found = await walkFiles(tree, list.folder, list.patterns).catch(() => []);
    if (!sameList(found, list.found)) return list.folder;
  }
  return null;
}

function kindOfSignature(signature: string): "file" | "folder" | "other" | "none" {
  return signature === "folder" || signature === "other" || signature === "none" ? signature : "file";
}
