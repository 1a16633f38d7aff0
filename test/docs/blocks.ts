// The fenced blocks of a page, and what a page shows of a command's output turned into something to compare with.

export interface Block {
  /** `sh`, `console`, `ts`, `sql`; whatever else stands behind the fence is part of it. */
  info: string;
  text: string;
  /** Of the first line inside the fence, from 1. */
  line: number;
  /** The nearest heading above it. */
  heading: string;
}

export interface Command {
  text: string;
  /** What the page shows of its output; `…` stands for what varies. */
  output: string;
}

/** All fenced blocks in their order; throws for a fence that is not closed. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let heading = "";
  let open: { info: string; fence: string; line: number; lines: string[] } | undefined;
  page.split("\n").forEach((text, index) => {
    if (open) {
      if (text.trim() === open.fence) {
        blocks.push({ info: open.info, text: open.lines.join("\n"), line: open.line, heading });
        open = undefined;
      } else open.lines.push(text);
      return;
    }
    const fence = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(text);
    if (fence) open = { fence: fence[1]!, info: fence[2]!.trim(), line: index + 2, lines: [] };
    else if (/^#{1,6} /.test(text)) heading = text.replace(/^#+ /, "");
  });
  if (open) throw new Error(`the fence before line ${open.line} is not closed`);
  return blocks;
}

/** The commands of a `console` block: lines after `$ `, carried on by a backslash, each with the output below it. */
export function commandsOf(block: Block): Command[] {
  const commands: Command[] = [];
  let carriedOn = false;
  for (const line of block.text.split("\n")) {
    const last = commands.at(-1);
    if (carriedOn) last!.text += `\n${line}`;
    else if (line.startsWith("$ ")) commands.push({ text: line.slice(2), output: "" });
    else if (last) last.output += `${line}\n`;
    else throw new Error(`line ${block.line}: a console block begins with "$ " and a command`);
    carriedOn = (carriedOn || line.startsWith("$ ")) && line.endsWith("\\");
  }
  return commands;
}

/** `…` alone on a line is any lines or none, inside a line any part of it. Blanks at the ends do not count. */
export function shapeOf(expected: string, { open }: { open: boolean } = { open: false }): RegExp {
  const lines = expected
    .trim()
    .split("\n")
    .map((line) => {
      if (line.trim() === "…") return "(?:[^\\n]*\\n)*?";
      return `${line.trimEnd().split("…").map(escaped).join("[^\\n]*")}[^\\S\\n]*\\n`;
    });
  return new RegExp(`^\\s*${lines.join("")}${open ? "" : "\\s*$"}`);
}

/** Whether `actual` has the shape that the page shows. `open`: more may follow. */
export function fits(actual: string, expected: string, options?: { open: boolean }): boolean {
  if (expected.trim() === "") return actual.trim() === "";
  return shapeOf(expected, options).test(`${actual.trim()}\n`);
}

/** Numbers and units that differ from run to run, in a transcript that was pasted as it was. */
export function numbersVary(transcript: string): RegExp {
  const lines = transcript.trim().split("\n");
  return new RegExp(
    `^${lines.map((line) => escaped(line).replace(/\d+(?:\\\.\d+)?/g, "\\d+(?:\\.\\d+)?")).join("\\n")}$`,
  );
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
