import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect } from "chai";

const SERVICE = join(import.meta.dirname, "../../dist/src/service");

/** Files that are read when this one is imported, itself among them, and the packages that they name. */
function closure(name: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(SERVICE, file), "utf8");
    for (const [, asked = ""] of text.matchAll(/^(?:import|export|\}) ?(?:.*from )?"([^"\n]+)";$/gm)) {
      if (asked.startsWith("./")) visit(asked.slice(2));
      else if (!isBuiltin(asked)) packages.add(asked);
    }
  };
  visit(name);
  return { files, packages };
}

describe("the built service", () => {
  it("is read from few files, with the packages in them, and without the driver of the database that is not in use", () => {
    const app = readdirSync(SERVICE).find((name) => /^app-\w+\.js$/.test(name));
    const { files, packages } = closure(app ?? "");
    expect([...packages].sort()).to.deep.equal(["esbuild", "libsql"]);
    expect(files.size).to.be.within(2, 60);
  });

  it("a verb of the command line reads what it needs and no database", () => {
    for (const verb of ["jobs", "preview", "trigger"]) {
      const file = readdirSync(SERVICE).find((name) => name.startsWith(`${verb}-`) && name.endsWith(".js"));
      const { files, packages } = closure(file ?? "");
      expect([...packages].sort(), verb).to.deep.equal([]);
      const bytes = [...files].reduce((sum, name) => sum + readFileSync(join(SERVICE, name)).length, 0);
      expect(bytes, verb).to.be.below(1_000_000);
    }
  });
});
