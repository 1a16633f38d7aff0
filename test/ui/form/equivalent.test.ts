// The lines of curl and of the command line that a form shows: a shell reads them back as exactly what the form sends.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { decodeText } from "../../../src/sdk/decode.ts";
import type { ParamDefinition } from "../../../src/sdk/spec.ts";
import { curlLine, paramWords, shellWord, variableOf } from "../../../ui/src/form/equivalent.ts";
import { fieldsOf } from "../../../ui/src/form/fields.ts";

/** The words that a shell makes of a line, its first one being the command. */
function wordsOf(line: string, env: Record<string, string> = {}): string[] {
  const script = `show() { for word in "$@"; do printf '%s\\0' "$word"; done; }; show ${line}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8", env }).split("\0").slice(0, -1);
}

const NASTY = [
  "",
  "it's",
  "'",
  "''",
  "a''b'",
  '"$HOME"',
  "`id`",
  "$(id)",
  "a b",
  "\\",
  "!!",
  "-n",
  "*",
  "ü\n2",
  "#x",
  "~",
];

describe("the equivalent of a form", () => {
  it("quotes any text as one word of a shell", () => {
    expect(wordsOf(NASTY.map(shellWord).join(" "))).to.deep.equal(NASTY);
  });

  it("leaves a plain word without quotes", () => {
    expect(shellWord("billing.sync-orders")).to.equal("billing.sync-orders");
  });

  it("sends the body as it is, whatever is typed into it", () => {
    for (const text of NASTY) {
      const body = { params: { text } };
      const words = wordsOf(
        curlLine({ method: "POST", url: "http://localhost:3000/api/v1/jobs/a/runs", body }),
      );
      expect(JSON.parse(words.at(-1)!)).to.deep.equal(body);
    }
  });

  it("L3: takes secrets from the environment, beside values with quotes in them", () => {
    const secrets = [
      { name: "botToken", definition: { type: "password" } satisfies ParamDefinition },
      { name: "account", definition: { type: "json", secret: true } satisfies ParamDefinition },
    ];
    const body = { params: { text: "it's" }, priority: 5 };
    const line = curlLine({ method: "POST", url: "http://h/api", body, secrets });
    const env = { PARAM_BOT_TOKEN: "xoxb-1", PARAM_ACCOUNT: '{"id":1}' };
    expect(JSON.parse(wordsOf(line, env).at(-1)!)).to.deep.equal({
      params: { text: "it's", botToken: "xoxb-1", account: { id: 1 } },
      priority: 5,
    });
  });

  it("names a shell variable after any param", () => {
    expect(variableOf("botToken")).to.equal("PARAM_BOT_TOKEN");
    expect(variableOf("s3-key.id")).to.equal("PARAM_S3_KEY_ID");
  });

  it("gives -p words that the command line reads back as the same values", () => {
    const optionalParams: Record<string, ParamDefinition> = {
      text: { type: "string" },
      count: { type: "integer" },
      share: { type: "number" },
      sure: { type: "boolean" },
      kinds: { type: "select", multiple: true, options: ["a", "b"] },
      names: { type: "list" },
      numbers: { type: "list", of: "integer" },
      rows: { type: "json" },
    };
    const spec = { requiredParams: {}, optionalParams, paramGroups: [] };
    const params = {
      text: "it's, so",
      count: -3,
      share: 0.5,
      sure: false,
      kinds: ["a", "b"],
      names: ["a, b", " c", "[d]"],
      numbers: [1, 2],
      rows: { a: ["'"] },
    };
    const words = wordsOf(paramWords(fieldsOf(spec), params, []).join(" "));
    const read = words
      .filter((word) => word !== "-p")
      .map((word) => {
        const at = word.indexOf("=");
        const decoded = decodeText(spec, word.slice(0, at), word.slice(at + 1));
        return [word.slice(0, at), decoded.ok && decoded.value];
      });
    expect(Object.fromEntries(read)).to.deep.equal(params);
  });

  it("L3: names a secret without its value, so that the command asks for it", () => {
    const fields = fieldsOf({
      requiredParams: { token: { type: "password" } },
      optionalParams: {},
      paramGroups: [],
    });
    expect(paramWords(fields, { token: "xoxb-1" }, fields)).to.deep.equal(["-p token"]);
  });
});
