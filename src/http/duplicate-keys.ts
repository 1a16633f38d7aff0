// What a look at the text of a body tells before it costs anything: how many values it holds, and a key that is there twice.
// A key that an object of a JSON text has twice: parsers keep the first or the last of them, each as it likes, so that one who
// checks a body and one who acts on it may read two different ones.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * How many values a text of JSON holds, each element and each field counted, and how deep it is nested; of a text that is none,
 * about as many.
 */
export function extentOf(text: string): { values: number; depth: number } {
  let values = 1;
  let open = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++)
        if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if (code === COMMA) values++;
    else if (code === OPEN || code === OPEN_LIST) {
      depth = Math.max(depth, ++open);
      // The first of what it holds has no comma before it.
      if (!isClose(text.charCodeAt(at + 1))) values++;
    } else if (isClose(code)) open--;
  }
  return { values, depth };
}

function isClose(code: number): boolean {
  return code === CLOSE || code === CLOSE_LIST;
}

/** The first one, in one walk over the text, which has to be valid JSON. Undefined: all of them differ. */
export function duplicateKey(text: string): string | undefined {
  const objects: Set<string>[] = [];
  let last: { from: number; to: number; escaped: boolean } | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      last = { from: at, to: at, escaped: false };
      for (at++; text.charCodeAt(at) !== QUOTE; at++) {
        if (text.charCodeAt(at) !== BACKSLASH) continue;
        last.escaped = true;
        at++;
      }
      last.to = at + 1;
    } else if (code === OPEN) objects.push(new Set());
    else if (code === CLOSE) objects.pop();
    else if (code === COLON && last) {
      // Outside of texts a colon comes behind a key and nowhere else.
      const { from, to, escaped } = last;
      const key = escaped ? (JSON.parse(text.slice(from, to)) as string) : text.slice(from + 1, to - 1);
      const keys = objects.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
