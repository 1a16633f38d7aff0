// `jobmount doctor`: runs every check and says what it found; with --ready only whether the service can do its work.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { checks, type Finding } from "./doctor-checks.ts";
import { EXIT } from "./exit.ts";
import { needServer } from "./server.ts";
import { printable, type Terminal } from "./terminal.ts";

const COLOURS = { ok: "green", warn: "yellow", failed: "red" } as const;

export function define(command: Command, context: CliContext): void {
  command
    .option("--ready", "ask the running service alone whether it is ready; exit code 5 when it is not")
    .option("--json", "as JSON")
    .action(async (options: { ready?: boolean; json?: boolean }) => {
      if (options.ready) return ready(context, options.json === true);
      const loaded = settings(context);
      const findings: Finding[] = [];
      for (const check of checks) findings.push(...(await check({ context, loaded })));
      if (options.json) context.terminal.json(findings);
      else for (const finding of findings) show(finding, context.terminal);
      if (findings.some((finding) => finding.state === "failed")) context.exit(EXIT.invalid);
    });
}

async function ready(context: CliContext, json: boolean): Promise<void> {
  const { terminal } = context;
  const answer = await (await needServer(context, settings(context))).ready();
  if (json) terminal.json(answer);
  else if (answer.ready) terminal.say("ready");
  else {
    const why = answer.checks.filter((check) => !check.ok);
    terminal.say(
      `not ready: ${why.map((check) => check.detail ?? check.name).join("; ") || "no reason told"}`,
    );
  }
  if (!answer.ready) context.exit(EXIT.unreachable);
}

function show({ check, state, says }: Finding, terminal: Terminal): void {
  terminal.data(`${terminal.paint(COLOURS[state], state.padEnd(6))} ${check}: ${printable(says)}`);
}
