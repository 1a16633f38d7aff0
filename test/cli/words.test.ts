// What a service says in terms of REST, as the person who typed a command reads it.
import { expect } from "chai";
import { Command } from "commander";
import { CliError, exitCodeOfRefusal, failureOf } from "../../src/cli/exit.ts";
import { programWith } from "../../src/cli/program.ts";
import { nameOf } from "../../src/cli/words.ts";
import { invalid } from "../../src/errors.ts";
import { captured } from "./terminals.ts";

describe("what a service says, in the words of the command line", () => {
  let program: Command;
  before(async () => {
    const { terminal } = captured();
    const context = { env: {}, cwd: ".", terminal, signal: new AbortController().signal };
    program = await programWith({ ...context, exit: () => undefined }, () => true);
  });
  const commandOf = (words: string): Command =>
    words.split(" ").reduce((command, word) => command.commands.find((one) => one.name() === word)!, program);

  const names: [string, string, string][] = [
    ["runs list", "/query/limit", "--limit"],
    ["runs list", "/query/job", "--job"],
    ["versions list", "/query/limit", "--limit"],
    ["trigger", "/params/size", "-p size"],
    ["trigger", "/params/urls/0", "-p urls/0"],
    ["trigger", "/params/a~1b", "-p a/b"],
    ["trigger", "/params", "the params"],
    ["schedules create", "/timeZone", "--tz"],
    ["schedules create", "/pauseAfterFailures", "--pause-after-failures"],
    ["schedules create", "/cron", "--cron"],
    ["schedules create", "/at", "--at"],
    ["schedules create", "/job", "key"],
    ["schedules copy", "/job", "--job"],
    ["schedules explain", "/query/at", "time"],
    ["explain", "/query/at", "time"],
    ["preview", "/cron", "cron"],
    ["preview", "/job", "--job"],
    ["token create", "/sources", "--source"],
    ["token create", "/sources/1", "--source"],
    ["token create", "/expiresAt", "--expires"],
    ["versions pin", "/version", "version"],
    ["runs retry", "/onlyFailedRecords", "onlyFailedRecords"],
    ["schedules edit", "/catchUp/max", "catchUp/max"],
    ["runs cancel", "", "what was given"],
    ["runs list", "/query/constructor", "constructor"],
  ];
  for (const [words, pointer, name] of names)
    it(`${words}: ${pointer || "an empty pointer"} is ${name}`, () => {
      expect(nameOf(pointer, commandOf(words))).to.equal(name);
    });

  it("names each wrong field once: the first where the sentence has it, the others in lines of their own", () => {
    const fields = [
      { pointer: "/params/size", code: "min", message: "must be at least 1, not $&" },
      { pointer: "/timeZone", code: "zone", message: "is not known" },
    ];
    const { text, exitCode } = failureOf(invalid(fields), commandOf("schedules create"));
    expect(text).to.equal("-p size: must be at least 1, not $&\n  --tz: is not known");
    expect(exitCode).to.equal(3);
  });

  it("names verbs and options where a service names requests", () => {
    const said: [string, string][] = [
      [
        'POST /api/v1/jobs/:key/runs needs the role operator; the token "x" has viewer.',
        'This needs the role operator; the token "x" has viewer.',
      ],
      [
        'There is no job "x". GET /api/v1/jobs lists all.',
        'There is no job "x". npx jobmount jobs lists all.',
      ],
      [
        "limited to a. Pause these: POST /sources/{name}/pause.",
        "limited to a. Pause these: --source <name>.",
      ],
      ["nothing to run; GET /load-errors says why", "nothing to run; npx jobmount errors says why"],
    ];
    for (const [text, words] of said) expect(failureOf(new CliError(4, text)).text).to.equal(words);
  });

  it("a word or number that an option does not take is 2, what a param or a text says 3, what is not there 4", () => {
    const code = (...fields: [string, string][]) =>
      exitCodeOfRefusal(
        422,
        fields.map(([pointer, one]) => ({ pointer, code: one, message: "" })),
      );
    expect(code(["/query/limit", "range"])).to.equal(2);
    expect(code(["/query/state", "option"])).to.equal(2);
    expect(code(["/overlap", "option"])).to.equal(2);
    expect(code(["/params/colour", "option"])).to.equal(3);
    expect(code(["/cron", "cron"])).to.equal(3);
    expect(code(["/overlap", "option"], ["/cron", "cron"])).to.equal(3);
    expect(code(["/query/job", "not_found"])).to.equal(4);
    expect(code()).to.equal(3);
  });
});
