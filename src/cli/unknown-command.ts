// A word where the name of a command is meant and that is none: said as commander says it, wherever it was typed.
import type { Command } from "commander";
import { nearest } from "../sdk/nearest.ts";

/** Ends with 2, and names the command that may be meant. */
export function unknownCommand(of: Command, word: string): never {
  const near = nearest(
    word,
    of.commands.map((one) => one.name()),
  );
  const hint = near === undefined ? "" : `\n(Did you mean ${near}?)`;
  return of.error(`error: unknown command '${word}'${hint}`, { code: "commander.unknownCommand" });
}

/** What `help` is asked for, word by word, has to be there. */
export function checkHelp(program: Command, words: readonly string[]): void {
  let command = program;
  for (const word of words) {
    if (command.commands.length === 0 || word === "help" || word.startsWith("-")) return;
    command = command.commands.find((one) => one.name() === word) ?? unknownCommand(command, word);
  }
}
