// The escape sequences of terminals: colours and weights become data, everything else is shown as what it is.
import { visible } from "./visible.ts";

export const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
/** One of the page's own sixteen, so that it can be read on a light and on a dark ground. */
export type Colour = (typeof COLOURS)[number] | `bright-${(typeof COLOURS)[number]}`;

export interface Look {
  colour?: Colour;
  ground?: Colour;
  bold?: true;
  dim?: true;
  italic?: true;
  underline?: true;
  inverse?: true;
  struck?: true;
}

export interface Span {
  text: string;
  look: Look;
  /** A control character, told by name: not what the job wrote, but what it would have done. */
  control?: true;
}

/** Select Graphic Rendition, with `;` or `:` between its numbers. */
const SGR = /\u001b\[([\d;:]{0,64})m/g;

/** The text in pieces of one look each. A look ends with its line: what a job forgot to switch off colours nothing else. */
export function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let look: Look = {};
  let from = 0;
  for (const found of text.matchAll(SGR)) {
    pushText(spans, text.slice(from, found.index), look);
    look = lookAfter(look, found[1] ?? "");
    from = found.index + found[0].length;
  }
  pushText(spans, text.slice(from), look);
  return spans;
}

/** As it is read, searched and copied: without colours, control characters by name. */
export function plainText(text: string): string {
  return mayBeSpecial(text)
    ? spansOf(text)
        .map((span) => span.text)
        .join("")
    : text;
}

/** Almost all lines are plain: a look at them must cost nothing. */
function mayBeSpecial(text: string): boolean {
  return SPECIAL.test(text);
}

const SPECIAL = /[^\t\n\u0020-\u007e\u00a0-\u061b\u061d-\u1fff\u2070-\ud7ff]/;

function pushText(spans: Span[], text: string, look: Look): void {
  if (text === "") return;
  if (!mayBeSpecial(text)) {
    spans.push({ text, look });
    return;
  }
  for (const piece of visible(text)) {
    spans.push(piece.control ? { text: piece.text, look, control: true } : { text: piece.text, look });
  }
}

const SWITCHES: Readonly<Record<number, Look>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { struck: true },
};
const OFF: Readonly<Record<number, (keyof Look)[]>> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["struck"],
  39: ["colour"],
  49: ["ground"],
};

function lookAfter(before: Look, codes: string): Look {
  const numbers = codes.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let look: Look = { ...before };
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i]!;
    if (code === 0) look = {};
    else if (SWITCHES[code]) look = { ...look, ...SWITCHES[code] };
    else if (OFF[code]) look = without(look, OFF[code]);
    else if (code === 38 || code === 48) {
      const { colour, used } = longColour(numbers.slice(i + 1));
      i += used;
      if (colour) look[code === 38 ? "colour" : "ground"] = colour;
    } else {
      const base = Math.floor(code / 10);
      const colour = code % 10 < 8 ? COLOURS[code % 10] : undefined;
      if (colour && base === 3) look.colour = colour;
      if (colour && base === 4) look.ground = colour;
      if (colour && base === 9) look.colour = `bright-${colour}`;
      if (colour && base === 10) look.ground = `bright-${colour}`;
    }
  }
  return look;
}

function without(look: Look, names: readonly (keyof Look)[]): Look {
  return Object.fromEntries(Object.entries(look).filter(([name]) => !names.includes(name as keyof Look)));
}

/** `5;n` of the 256 colours or `2;r;g;b`, as the nearest of the sixteen. */
function longColour(rest: readonly number[]): { colour?: Colour; used: number } {
  if (rest[0] === 5) return { colour: ofPalette(rest[1] ?? -1), used: 2 };
  if (rest[0] !== 2) return { used: 0 };
  const [, red = 0, green = 0, blue = 0] = rest;
  return { colour: nearest(red, green, blue), used: 4 };
}

const CUBE = [0, 95, 135, 175, 215, 255];

function ofPalette(n: number): Colour | undefined {
  if (!Number.isInteger(n) || n < 0 || n > 255) return undefined;
  if (n < 8) return COLOURS[n];
  if (n < 16) return `bright-${COLOURS[n - 8]!}`;
  if (n >= 232) return nearest(8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10);
  const at = n - 16;
  return nearest(CUBE[Math.floor(at / 36)]!, CUBE[Math.floor(at / 6) % 6]!, CUBE[at % 6]!);
}

/** By hue and brightness, not by distance: an orange is rather yellow than grey. */
function nearest(red: number, green: number, blue: number): Colour {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) {
    if (most < 64) return "black";
    if (most < 150) return "bright-black";
    return most < 220 ? "white" : "bright-white";
  }
  const half = (most + least) / 2;
  const bits = (red > half ? 1 : 0) + (green > half ? 2 : 0) + (blue > half ? 4 : 0);
  const colour = COLOURS[bits]!;
  return most > 200 ? `bright-${colour}` : colour;
}
