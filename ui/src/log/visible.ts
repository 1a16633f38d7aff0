// Control characters made visible: what a terminal would obey, or what would turn the reading direction, is told by name.

export interface Piece {
  text: string;
  control: boolean;
}

/** All controls but tab and line feed, lone halves of pairs, and what hides or turns text around. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const NAMES: Readonly<Record<number, string>> = {
  0x00: "NUL",
  0x07: "BEL",
  0x08: "BS",
  0x0d: "CR",
  0x1b: "ESC",
};

/** The text in pieces; joined again they hold no character that a reader would not see. */
export function visible(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index), control: false });
    pieces.push({ text: nameOf(found[0].charCodeAt(0)), control: true });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), control: false });
  return pieces;
}

function nameOf(code: number): string {
  return `\\${NAMES[code] ?? `u${code.toString(16).padStart(4, "0")}`}`;
}
