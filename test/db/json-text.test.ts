// JSON columns take every text that a job or a person can make, half an emoji included.
import { expect } from "chai";
import { jsonText } from "../../src/db/sql.ts";
import { onEveryDatabase } from "../support/databases.ts";

const LONE = "a\ud83d";

describe("JSON text for the databases", () => {
  const rows: [string, unknown, unknown][] = [
    ["half a pair", { a: LONE }, { a: "a\ufffd" }],
    ["the other half", ["\ude00b"], ["\ufffdb"]],
    ["a whole pair stays", "😀", "😀"],
    ["a backslash before ud83d is no escape", "\\ud83d", "\\ud83d"],
    ["two backslashes and half a pair", `\\\\${LONE}`, "\\\\a\ufffd"],
    ["half a pair in a key", { [LONE]: 1 }, { "a\ufffd": 1 }],
  ];
  for (const [what, given, expected] of rows) {
    it(what, () => expect(JSON.parse(jsonText(given))).to.deep.equal(expected));
  }
});

onEveryDatabase("JSON columns", (databases) => {
  it("X5: take half a surrogate pair instead of refusing the row for ever", async () => {
    const { gate, read } = await databases.fresh();
    await gate.write((sql) =>
      sql.insert(
        "job_state",
        ["source", "job_key", "scope", "state_key", "value", "updated_at"],
        [["default", "a", "", "k", jsonText({ text: LONE }), 1]],
      ),
    );
    const [row] = await read.all("SELECT value FROM job_state");
    expect(JSON.parse(String(row!["value"]))).to.deep.equal({ text: "a\ufffd" });
  });
});
