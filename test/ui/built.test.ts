// What a browser has to fetch before it shows something, measured on the built files.
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../support/service.ts";

const UI = join(ROOT, "dist", "ui");
const KIB = 1024;

const read = (name: string) => readFileSync(join(UI, name), "utf8");
const squeezed = (names: Iterable<string>) =>
  [...names].reduce((sum, name) => sum + gzipSync(readFileSync(join(UI, name)), { level: 9 }).length, 0);

/** A script and all that it imports before it runs. */
function withImports(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, path] of read(name).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
    withImports(`assets/${path}`, seen);
  return seen;
}

describe("the built page", () => {
  const html = read("index.html");
  const entry = /<script type="module"[^>]* src="\.\/(assets\/[^"]+)"/.exec(html)![1]!;
  const assets = readdirSync(join(UI, "assets")).map((name) => `assets/${name}`);
  const screen = (name: string) =>
    assets.find((path) => path.startsWith(`assets/${name}-`) && path.endsWith(".js"))!;

  it("its first load is at most 150 KiB of gzipped script and 20 KiB of style, whichever screen it begins with", () => {
    for (const name of [
      "Overview",
      "Jobs",
      "Job",
      "Runs",
      "Run",
      "Schedules",
      "Schedule",
      "NewSchedule",
      "Timeline",
    ]) {
      const scripts = new Set([...withImports(entry), ...withImports(screen(name))]);
      expect(squeezed(scripts), `scripts of ${name}`).to.be.below(150 * KIB);
    }
    // All of it, which no screen needs.
    expect(squeezed(assets.filter((name) => name.endsWith(".css")))).to.be.below(20 * KIB);
  });

  it("has no inline code, no inline style, and no address of somewhere else", () => {
    expect(html).not.to.match(/<style|style=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
    expect(html).not.to.match(/https?:/);
    for (const name of assets.filter((path) => path.endsWith(".css")))
      expect(read(name), name).not.to.match(/@import|url\((?!["']?\.\/)/);
  });

  it("the script that asks ahead comes alone, below 2 KiB, and before the others", () => {
    const [first] = [...html.matchAll(/<script [^>]*src="\.\/(assets\/[^"]+)"/g)].map((match) => match[1]!);
    expect(first).to.match(/^assets\/start-/);
    expect([...withImports(first!)]).to.deep.equal([first]);
    expect(squeezed([first!])).to.be.below(2 * KIB);
  });

  it("every screen is fetched when it is gone to, not before", () => {
    const first = withImports(entry);
    for (const name of ["Overview", "Job", "Run", "Schedules", "Audit"])
      expect(first.has(screen(name)), name).to.equal(false);
  });
});
