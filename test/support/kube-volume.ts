// A volume of a ConfigMap or projected volume, written step by step as the kubelet writes it.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

const DATA = "..data";

/** Older kubelets make the visible links before the swap, so that they lead nowhere for a moment; newer ones after it. */
export type LinksMade = "before the swap" | "after the swap";

export class KubeVolume {
  constructor(
    private readonly folder: string,
    private readonly links: LinksMade = "after the swap",
  ) {
    mkdirSync(folder, { recursive: true });
  }

  /** Paths with their texts: all that the volume holds from now on. Answers false when nothing had to be written. */
  write(payload: Record<string, string>): boolean {
    const old = this.currentFolder();
    const goneNames = old === null ? [] : this.topNames(old).filter((name) => !topsOf(payload).has(name));
    if (old !== null && goneNames.length === 0 && this.holds(old, payload)) return false;
    const dated = mkdtempSync(join(this.folder, `..${datedName(new Date())}`));
    chmodSync(dated, 0o755);
    for (const [path, text] of Object.entries(payload)) {
      mkdirSync(dirname(join(dated, path)), { recursive: true });
      writeFileSync(join(dated, path), text);
      chmodSync(join(dated, path), 0o644);
    }
    if (this.links === "before the swap") this.makeLinks(payload);
    symlinkSync(dated.slice(this.folder.length + 1), join(this.folder, `${DATA}_tmp`));
    renameSync(join(this.folder, `${DATA}_tmp`), join(this.folder, DATA));
    if (this.links === "after the swap") this.makeLinks(payload);
    for (const name of goneNames) rmSync(join(this.folder, name));
    if (old !== null) rmSync(join(this.folder, old), { recursive: true });
    return true;
  }

  private currentFolder(): string | null {
    try {
      return readlinkSync(join(this.folder, DATA));
    } catch {
      return null;
    }
  }

  private topNames(dated: string): string[] {
    return readdirSync(join(this.folder, dated));
  }

  /** Equal content, and nothing below a name that the payload has not. */
  private holds(dated: string, payload: Record<string, string>): boolean {
    const there = readdirSync(join(this.folder, dated), { recursive: true, encoding: "utf8" }).filter(
      (path) => statSync(join(this.folder, dated, path)).isFile(),
    );
    return (
      there.length === Object.keys(payload).length &&
      there.every((path) => readFileSync(join(this.folder, dated, path), "utf8") === payload[path])
    );
  }

  private makeLinks(payload: Record<string, string>): void {
    for (const name of topsOf(payload)) {
      const visible = join(this.folder, name);
      if (lstatSync(visible, { throwIfNoEntry: false })) continue;
      symlinkSync(join(DATA, name), visible);
    }
  }
}

function topsOf(payload: Record<string, string>): Set<string> {
  return new Set(Object.keys(payload).map((path) => path.split("/")[0] ?? path));
}

/** `2026_11_21_15_04_05.`, before the random digits. */
function datedName(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-T:]/g, "_")}.`;
}
