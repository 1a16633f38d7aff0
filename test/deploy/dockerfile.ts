// Reads a Dockerfile into its stages, for checks of what it says and for a test that does what it says.
import { readFileSync } from "node:fs";

export interface Instruction {
  name: string;
  /** All behind the name, continued lines joined. */
  text: string;
}

export interface Stage {
  name: string;
  /** An image, or an earlier stage. */
  from: string;
  instructions: Instruction[];
}

export function readDockerfile(path: string): { args: Instruction[]; stages: Stage[] } {
  const args: Instruction[] = [];
  const stages: Stage[] = [];
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll("\\\n", " ")
    .split("\n");
  for (const line of lines) {
    const [, name, text] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || text === undefined) {
      if (line.trim() !== "") throw new Error(`not an instruction: ${line}`);
      continue;
    }
    const instruction = { name, text: text.replace(/\s+/g, " ").trim() };
    if (name === "FROM") {
      const [, from, stage] = /^(\S+) AS (\S+)$/.exec(instruction.text) ?? [];
      if (!from || !stage) throw new Error(`a stage without a name: ${line}`);
      stages.push({ name: stage, from, instructions: [] });
    } else if (stages.length === 0) args.push(instruction);
    else stages.at(-1)!.instructions.push(instruction);
  }
  return { args, stages };
}

/** What a stage consists of: its own instructions behind those of the stages that it is made from. */
export function wholeStage(stages: readonly Stage[], name: string): Instruction[] {
  const stage = stages.find((one) => one.name === name);
  return stage ? [...wholeStage(stages, stage.from), ...stage.instructions] : [];
}

/** The values of the last instruction of this name that are JSON (ENTRYPOINT, CMD). */
export function words(instructions: readonly Instruction[], name: string): string[] {
  const last = instructions.filter((one) => one.name === name).at(-1);
  return last ? (JSON.parse(last.text) as string[]) : [];
}

export function last(instructions: readonly Instruction[], name: string): string | undefined {
  return instructions.filter((one) => one.name === name).at(-1)?.text;
}

/** The variables that the stage sets for whatever runs in it. */
export function environmentOf(instructions: readonly Instruction[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { text } of instructions.filter(({ name }) => name === "ENV")) {
    for (const [, name, value] of text.matchAll(/([A-Z_]+)=("[^"]*"|\S+)/g)) {
      env[name!] = value!.replaceAll('"', "");
    }
  }
  return env;
}
