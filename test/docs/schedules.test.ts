// docs/schedules.md: its commands run against a real service, and its tables have the values that a schedule takes.
import "reflect-metadata";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "../../src/errors.ts";
import { VERDICTS } from "../../src/schedules/explain.ts";
import { readDefinition } from "../../src/schedules/input.ts";
import { SKIPPED_REASONS } from "../../src/schedules/schedule.ts";
import { ROOT } from "../support/service.ts";
import { follow } from "./follow.ts";

const FILE = "docs/schedules.md";

describe(FILE, () => {
  follow(FILE, { builds: false });

  for (const [table, fieldsOf] of [
    ["overlap", (value: string) => ({ overlap: value })],
    ["policy", (value: string) => ({ catchUp: { policy: value } })],
  ] as const) {
    it(`its table of ${table} has every value that a schedule takes, and no other`, () => {
      const page = readFileSync(join(ROOT, FILE), "utf8");
      const [, rows] = new RegExp(`^\\| \`${table}\` .*\\n\\|.*\\n((?:\\|.*\\n)+)`, "m").exec(page)!;
      const shown = [...rows!.matchAll(/^\| `(\w+)`/gm)].map(([, value]) => value!);
      expect(shown.length).to.be.at.least(4);
      for (const value of shown) expect(problemOf(fieldsOf(value)), value).to.equal(null);
      // What it refuses, it refuses with the list of what it takes.
      expect(problemOf(fieldsOf("none_such"))).to.include(`must be one of ${shown.join(", ")}, but is`);
    });
  }

  for (const [table, known] of [
    ["reason", SKIPPED_REASONS],
    ["verdict", VERDICTS],
  ] as const) {
    it(`its table of each ${table} has all that there are, and no other`, () => {
      const page = readFileSync(join(ROOT, FILE), "utf8");
      const [, rows] = new RegExp(`^\\| ${table} .*\\n\\|.*\\n((?:\\|.*\\n)+)`, "m").exec(`${page}\n`)!;
      const shown = [...rows!.matchAll(/^\| `(\w+)`/gm)].map(([, value]) => value!);
      expect(shown).to.have.members([...known]);
    });
  }
});

function problemOf(fields: object): string | null {
  try {
    readDefinition({ every: "1m", ...fields }, { now: 0, timeZone: "UTC", overlap: "skip" });
    return null;
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return error.message;
  }
}
