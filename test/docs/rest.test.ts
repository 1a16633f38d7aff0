// docs/rest.md: its commands run against a real service, and its table is the table of routes.
import "reflect-metadata";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { routes } from "../../src/http/routes/index.ts";
import { ROOT } from "../support/service.ts";
import { follow } from "./follow.ts";

const FILE = "docs/rest.md";

describe(FILE, () => {
  follow(FILE, { builds: false });

  it("names every endpoint with its least role, and no other", () => {
    const page = readFileSync(join(ROOT, FILE), "utf8");
    const rows = [...page.matchAll(/^\| ((?:GET|POST|PUT|PATCH|DELETE) \S+) +\| (\w+) /gm)];
    const shown = rows.map(([, endpoint, role]) => `${endpoint} ${role}`);
    const real = routes.map(({ method, path, role }) => `${method} ${path} ${role}`);
    expect(shown.sort()).to.deep.equal(real.sort());
  });
});
