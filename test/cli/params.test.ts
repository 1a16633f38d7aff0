import { expect } from "chai";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CliContext } from "../../src/cli/context.ts";
import { CliError, failureOf } from "../../src/cli/exit.ts";
import { readParams } from "../../src/cli/params.ts";
import type { ParamSpec } from "../../src/sdk/params.ts";
import { eventually } from "../support/eventually.ts";
import { toolAvailable } from "../support/tool.ts";
import { environment, tempFolder } from "./jobmount.ts";
import { captured } from "./terminals.ts";

const spec: ParamSpec = {
  requiredParams: { token: { type: "password", label: "Bot token" }, size: { type: "integer" } },
  optionalParams: {
    urls: { type: "list", of: "url" },
    dryRun: { type: "boolean" },
    when: { type: "json" },
  },
  paramGroups: [],
};

describe("params on the command line", () => {
  const cwd = tempFolder();

  function read(param: string[], options: { params?: string; stdin?: string } = {}) {
    const screen = captured();
    screen.stdin.end(options.stdin ?? "");
    const context: CliContext = {
      env: {},
      cwd,
      terminal: screen.terminal,
      signal: new AbortController().signal,
      exit: () => undefined,
    };
    return { screen, values: readParams(spec, { param, params: options.params }, context) };
  }

  async function refusal(param: string[], options?: { params?: string; stdin?: string }): Promise<CliError> {
    try {
      await read(param, options).values;
    } catch (error) {
      if (error instanceof CliError) return error;
      throw error;
    }
    throw new Error("nothing was refused");
  }

  it("become the types that the job declares, the = of a value included", async () => {
    const values = await read(["size=100", "dryRun=yes", 'when={"a":[1]}', "urls=http://a/?x=1"]).values;
    expect(values).to.deep.equal({ size: 100, dryRun: true, when: { a: [1] }, urls: ["http://a/?x=1"] });
  });

  it("may be given again where a list is meant, and only there", async () => {
    const values = await read(["urls=http://a", "urls=http://b,http://c"]).values;
    expect(values).to.deep.equal({ urls: ["http://a", "http://b", "http://c"] });
    const error = await refusal(["size=1", "size=2"]);
    expect(error.exitCode).to.equal(2);
    expect(error.message).to.equal("-p size is given twice, and size takes one value");
  });

  it("are told all together when they are wrong, with exit code 3", async () => {
    const error = await refusal(["size=ten", "dryRun=perhaps", "sise=1"]);
    expect(error.exitCode).to.equal(3);
    expect(failureOf(error).text).to.match(
      /^The params are not right:\n {2}-p size: .*\n {2}-p dryRun: .*\n {2}-p sise: .*size/,
    );
  });

  it("that cannot be read are told together with those that are missing, not allowed or unknown", async () => {
    const error = await refusal(["dryRun=perhaps", "when={", "urls=nothing", "sise=1"], {
      params: "-",
      stdin: '{"size": 1.5, "coulour": "red"}',
    });
    const names = [...failureOf(error).text.matchAll(/^ {2}-p (\S+): /gm)].map(([, name]) => name);
    expect(names).to.have.members(["dryRun", "when", "sise", "token", "size", "urls/0", "coulour"]);
  });

  it("come from a file or from stdin too, and -p goes over them", async () => {
    writeFileSync(join(cwd, "params.json"), '{"size": 5, "dryRun": true}');
    expect(await read(["size=6"], { params: "params.json" }).values).to.deep.equal({ size: 6, dryRun: true });
    const stdin = '{"token": "hunter22"}';
    expect(await read([], { params: "-", stdin }).values).to.deep.equal({ token: "hunter22" });
  });

  it("L3: of a file that is not right are never shown", async () => {
    for (const stdin of ["hunter22", '{"token": "hunter22"', '["hunter22"]']) {
      const error = await refusal([], { params: "-", stdin });
      expect(error.exitCode).to.equal(2);
      expect(error.message).to.include("stdin").and.not.to.include("hunter22");
    }
    expect((await refusal([], { params: "absent.json" })).message).to.include("absent.json cannot be read");
  });

  it("L3: a secret on the command line is warned of, without its value", async () => {
    const { screen, values } = read(["token=hunter22"]);
    expect(await values).to.deep.equal({ token: "hunter22" });
    expect(screen.stderr).to.include("-p token asks for it").and.not.to.include("hunter22");
  });

  it("without a value need a terminal to ask on, and say so where there is none", async () => {
    const error = await refusal(["token"]);
    expect(error.exitCode).to.equal(2);
    expect(error.message).to.include("no terminal to ask on").and.to.include("-p token=<value>");
  });

  describe("asked for on a terminal", function () {
    before(function () {
      if (!toolAvailable("script", "questions on a real terminal", "bsdutils")) this.skip();
    });

    /** A real terminal: the program runs under `script`, which gives it one, and we type. */
    function onTerminal() {
      const command = [process.execPath, askScript()].join(" ");
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        cwd,
        env: environment({ TERM: "xterm" }),
      });
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      return { screen: () => text, type: (keys: string) => child.stdin.write(keys), ended };
    }

    it("L3: a secret stays unseen while it is typed, another value is seen", async () => {
      const { screen, type, ended } = onTerminal();
      await eventually(() => screen().includes("token (Bot token): "));
      type("hunter22\r");
      await eventually(() => screen().includes("size: "));
      type("42\r");
      expect(await ended).to.equal(0);
      expect(screen()).to.include("length=8 size=42").and.not.to.include("hunter22");
      expect(screen()).to.match(/size: .*42/);
    });

    it("end with 130 when Ctrl-C is the answer", async () => {
      const { screen, type, ended } = onTerminal();
      await eventually(() => screen().includes("token (Bot token): "));
      type("\x03");
      expect(await ended).to.equal(130);
      expect(screen()).to.include("interrupted");
    });

    /** A small program around `readParams`, so that no job has to be built for a question. */
    function askScript(): string {
      const file = join(cwd, "ask.mjs");
      const src = new URL("../../dist/src/", import.meta.url).href;
      writeFileSync(
        file,
        `import { readParams } from "${src}cli/params.js";
import { failureOf } from "${src}cli/exit.js";
import { Terminal } from "${src}cli/terminal.js";
const { stdin, stdout, stderr } = process;
const terminal = new Terminal({ stdin, stdout, stderr, colour: false });
const context = { env: {}, cwd: ".", terminal, signal: new AbortController().signal, exit: () => {} };
try {
  const spec = ${JSON.stringify(spec)};
  const { token, size } = await readParams(spec, { param: ["token", "size"] }, context);
  terminal.data("length=" + token.length + " size=" + size);
} catch (error) {
  const { text, exitCode } = failureOf(error);
  terminal.say(text);
  process.exit(exitCode);
}
process.exit(0);
`,
      );
      return file;
    }
  });
});
