import type { Command } from "commander";
import type { CliContext } from "./context.ts";
export function define(_c: Command, _x: CliContext): void {}
