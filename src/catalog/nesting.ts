// A guess, before any parser, of how deep brackets are nested: parsers go down on the stack.

/** Real code stays under a hundred; a level takes about 2 KB of the parser's stack. */
const MAX_DEPTH = 20_000;

const OPEN = new Set([..."([{"].map((char) => char.charCodeAt(0)));
const CLOSE = new Set([...")]}"].map((char) => char.charCodeAt(0)));

/** The depth when it is too much, else null. Texts are not told from code: a guess on the safe side. */
export function tooDeep(bytes: Uint8Array | undefined): number | null {
  let depth = 0;
  let deepest = 0;
  for (const byte of bytes ?? []) {
    if (OPEN.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSE.has(byte) && depth > 0) depth--;
  }
  return deepest > MAX_DEPTH ? deepest : null;
}
