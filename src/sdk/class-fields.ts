// The names of a class's own fields, read from its text: they are nowhere else before the class is constructed.

/** Longer ones are not looked through: nobody writes such a class. */
const MAX_TEXT = 512 * 1024;
/** So much of the code before a `/` says what it is. */
const END = 16;
/** Before these a `/` begins a regular expression; after anything else it divides. */
const BEFORE_REGEX =
  /(?:^|[([{,;:=!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do))\s*$/;

/** Fields of instances, in the order in which they are written; methods, accessors, statics and private ones are none. */
export function fieldNames(JobClass: unknown): string[] {
  if (typeof JobClass !== "function") return [];
  const text = Function.prototype.toString.call(JobClass);
  if (!text.startsWith("class") || text.length > MAX_TEXT) return [];
  const code = withoutTexts(text);
  const names: string[] = [];
  const members = bodyOf(code);
  for (const member of members) {
    // `name;`, `name = …`, `"name" = …` has lost its name with its text and is not found: nobody writes that by accident.
    const name = /^(?!static\b|get\s|set\s|async\s|accessor\s)([A-Za-z_$][\w$]*)\s*(?:$|=(?!=|>))/.exec(
      member,
    )?.[1];
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** The members between the outer braces of a class, each without what its own brackets hold. */
function bodyOf(code: string): string[] {
  const members: string[] = [];
  let depth = 0;
  let inBody = false;
  let member = "";
  /** The last letter of it that is no blank. */
  let last = "";
  const end = (): void => {
    if (member.trim() !== "") members.push(member.trim());
    member = last = "";
  };
  const add = (letter: string): void => {
    member += letter;
    if (letter.trim() !== "") last = letter;
  };
  for (const letter of code) {
    if (letter === "{" || letter === "(" || letter === "[") {
      // The heritage may hold braces of its own, but those stand in its brackets.
      if (letter === "{" && depth === 0 && !inBody) inBody = true;
      else if (inBody && depth === 1) add(letter);
      depth++;
    } else if (letter === "}" || letter === ")" || letter === "]") {
      depth--;
      if (depth === 0 && inBody) break;
      // A method ends with its braces, also when nothing else separates it from the next member.
      if (inBody && depth === 1) {
        add(letter);
        if (letter === "}" && !/=/.test(member)) end();
      }
    } else if (inBody && depth === 1) {
      if (letter === ";") end();
      else if (letter === "\n" && (last === "" || !"=,+-*/&|?:.".includes(last))) end();
      else add(letter);
    }
  }
  end();
  return members;
}

/** The code with strings, templates, regular expressions and comments emptied, so that every bracket left is one. */
function withoutTexts(text: string): string {
  let code = "";
  /** Its end, blanks as one: looking at all of it at each `/` would cost the square of its length. */
  let end = "";
  const add = (piece: string): void => {
    code += piece;
    const blank = piece.trim() === "";
    if (!blank || !end.endsWith(" ")) end = (end + (blank ? " " : piece)).slice(-END);
  };
  let at = 0;
  /** Depths of braces at which a template goes on. */
  const templates: number[] = [];
  let braces = 0;
  while (at < text.length) {
    const letter = text[at]!;
    const next = text[at + 1];
    if (letter === "/" && (next === "/" || next === "*")) {
      const over = next === "/" ? text.indexOf("\n", at) : text.indexOf("*/", at + 2) + 2;
      at = over < 2 ? text.length : over;
    } else if (letter === '"' || letter === "'") {
      at = endOfString(text, at, letter);
      add('""');
    } else if (letter === "`" || (letter === "}" && templates.at(-1) === braces)) {
      if (letter === "}") templates.pop();
      const { end: over, opens } = endOfTemplate(text, at + 1);
      if (opens) templates.push(braces);
      at = over;
      add('""');
    } else if (letter === "/" && BEFORE_REGEX.test(end)) {
      at = endOfRegex(text, at);
      add("0");
    } else {
      if (letter === "{") braces++;
      if (letter === "}") braces--;
      add(letter);
      at++;
    }
  }
  return code;
}

function endOfString(text: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** To its end, or into the braces that it opens. */
function endOfTemplate(text: string, from: number): { end: number; opens: boolean } {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "`") return { end: at + 1, opens: false };
    else if (text[at] === "$" && text[at + 1] === "{") return { end: at + 2, opens: true };
  }
  return { end: text.length, opens: false };
}

function endOfRegex(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "[") inClass = true;
    else if (text[at] === "]") inClass = false;
    else if (text[at] === "/" && !inClass) return at + 1;
  }
  return from + 1;
}
