// Telling packages that can be bundled from those that have to stay whole: native code, WebAssembly beside the code.
import { readdir } from "node:fs/promises";
import type { Snapshot } from "./snapshot.ts";
import { absoluteOf, type TreePath } from "./tree.ts";

/** What the resolver has to know of an installed package. */
export interface PackageFacts {
  name: string;
  version: string | null;
  /** Why its code cannot be put into a bundle; null when it can. */
  native: string | null;
  /** What was installed instead, when its native code is for another platform than this one. */
  otherPlatform: string | null;
}

/** Packages that exist to find or fetch an add-on: whoever depends on one has one. */
const ADD_ON_TOOLS = [
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "node-gyp",
  "prebuild-install",
  "@mapbox/node-pre-gyp",
  "node-pre-gyp",
  "pkg-prebuilds",
  "@neon-rs/load",
  "node-addon-api",
];
const INSTALL_TOOLS = /node-gyp|prebuild|node-pre-gyp|cmake-js|napi|neon/;
const PLATFORM =
  /(?:^|[-_./@])(linux|linuxmusl|darwin|win32|freebsd|android|openharmony)[-_.](x64|ia32|arm64|arm|armv7|ppc64|riscv64|s390x|loong64)/;
/** Where add-ons and WebAssembly lie in published packages. */
const BINARY_FOLDERS = ["", "build/Release", "lib/binding", "bin", "dist", "lib", "pkg"];

/** Reads the package's manifest and looks at the folders in which binaries lie. */
export async function packageFacts(
  snapshot: Snapshot,
  folder: TreePath,
  name: string,
): Promise<PackageFacts> {
  const manifest = await manifestOf(snapshot, `${folder}/package.json`);
  const version = typeof manifest.version === "string" ? manifest.version : null;
  const facts: PackageFacts = { name, version, native: null, otherPlatform: null };
  const platforms = Object.keys(record(manifest.optionalDependencies)).filter((other) =>
    PLATFORM.test(other),
  );
  if (platforms.length > 0) {
    facts.native = "its binaries come as packages for each platform";
    facts.otherPlatform = await otherPlatform(snapshot, folder, platforms);
    return facts;
  }
  facts.native = declaredNative(manifest) ?? (await foundNative(snapshot, folder));
  if (facts.native !== null) facts.otherPlatform = await otherPrebuilds(snapshot, folder);
  return facts;
}

function declaredNative(manifest: Record<string, unknown>): string | null {
  if (manifest.gypfile === true || "binary" in manifest) return "package.json declares a native add-on";
  const needed = Object.keys({ ...record(manifest.dependencies), ...record(manifest.optionalDependencies) });
  const tool = needed.find((other) => ADD_ON_TOOLS.includes(other));
  if (tool !== undefined) return `it depends on ${tool}`;
  const { install, preinstall, postinstall } = record(manifest.scripts);
  const script = [install, preinstall, postinstall].find((text) => INSTALL_TOOLS.test(String(text ?? "")));
  return script === undefined ? null : "its install script makes a native add-on";
}

async function foundNative(snapshot: Snapshot, folder: TreePath): Promise<string | null> {
  if ((await snapshot.kind(`${folder}/binding.gyp`)) === "file") return "it has a binding.gyp";
  if ((await snapshot.kind(`${folder}/prebuilds`)) === "folder") return "it has a folder of prebuilt add-ons";
  for (const inside of BINARY_FOLDERS) {
    const names = await namesIn(snapshot, inside === "" ? folder : `${folder}/${inside}`);
    const binary = names.find((name) => name.endsWith(".node") || name.endsWith(".wasm"));
    if (binary !== undefined) return `it has ${inside === "" ? "" : `${inside}/`}${binary}`;
  }
  return null;
}

/** Of the packages with binaries, at least one for this platform has to lie where the package finds it. */
async function otherPlatform(
  snapshot: Snapshot,
  folder: TreePath,
  platforms: readonly string[],
): Promise<string | null> {
  const here = platforms.filter(isForThisPlatform);
  // A package without binaries for this platform at all falls back to something else, or fails by itself.
  if (here.length === 0) return null;
  const installed: string[] = [];
  for (const name of platforms) {
    for (const place of [`${folder}/node_modules/${name}`, `${parentModules(folder)}/${name}`]) {
      if ((await snapshot.kind(place)) === "folder") installed.push(name);
    }
  }
  if (installed.some((name) => here.includes(name))) return null;
  return installed.length > 0 ? installed.join(", ") : "no binaries at all";
}

async function otherPrebuilds(snapshot: Snapshot, folder: TreePath): Promise<string | null> {
  if ((await snapshot.kind(`${folder}/prebuilds`)) !== "folder") return null;
  // Remembered as lists: an add-on that is installed later is a change.
  const files = await snapshot.list(`${folder}/prebuilds`, ["*/*"]);
  const prebuilds = [...new Set(files.map((path) => path.slice(folder.length).split("/")[2]!))];
  if (prebuilds.length === 0 || prebuilds.some((name) => isForThisPlatform(`-${name}`))) return null;
  const built = await snapshot.list(`${folder}/build/Release`, ["*.node"]);
  return built.length > 0 ? null : prebuilds.join(", ");
}

function isForThisPlatform(name: string): boolean {
  const match = PLATFORM.exec(name);
  if (!match) return false;
  const system = match[1] === "linuxmusl" ? "linux" : match[1];
  return system === process.platform && match[2] === process.arch;
}

/** `a/node_modules/@x/y` lies in `a/node_modules`. */
function parentModules(folder: TreePath): TreePath {
  const at = folder.lastIndexOf("node_modules/");
  return folder.slice(0, at + "node_modules".length);
}

async function namesIn(snapshot: Snapshot, folder: TreePath): Promise<string[]> {
  return readdir(absoluteOf(snapshot.tree, folder)).catch(() => []);
}

async function manifestOf(snapshot: Snapshot, path: TreePath): Promise<Record<string, unknown>> {
  const file = await snapshot.read(path);
  try {
    return record(JSON.parse(file?.bytes.toString("utf8") ?? "{}"));
  } catch {
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
