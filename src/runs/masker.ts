// Takes the secrets of one attempt out of all that it tells, whatever form they are written in (L3).
import { formsOf, LEAST_SECRET, secretTexts } from "./secret-forms.ts";

export const MASK = "***";
/** What a text that was cut ends with; before it may stand the beginning of a secret. */
const CUT = "…";
/** So much of a secret's beginning, less one character, may be shown where it was cut off. */
const LEAST_PART = 4;
/** What follows it where a line was cut for sure; elsewhere somebody may have written it. */
const LINE_CUT = " (cut, ";
/** A text has few places where it was cut; a job that prints nothing but such marks must not keep us busy. */
const CUTS = 16;

export class Masker {
  /** The longest first, so that no form hides a part of a longer one. */
  readonly #forms: readonly Form[];

  /** Undefined when there is nothing to hide: then nothing is looked at. */
  static of(secrets: readonly unknown[]): Masker | undefined {
    if (secrets.length === 0) return undefined;
    const texts = secrets.flatMap(secretTexts).filter((text) => text.length >= LEAST_SECRET);
    const forms = [...new Set(texts.flatMap(formsOf))];
    return forms.length > 0 ? new Masker(forms) : undefined;
  }

  private constructor(forms: readonly string[]) {
    this.#forms = [...forms].sort((a, b) => b.length - a.length).map((text) => new Form(text));
  }

  /** Those forms that can stand over several lines. */
  get overLines(): readonly Form[] {
    return this.#forms.filter(({ text }) => text.includes("\n"));
  }

  /** Those that a text of so many characters can hold. */
  formsWithin(length: number): string[] {
    return this.#forms.map(({ text }) => text).filter((text) => text.length <= length);
  }

  text(text: string): string {
    let masked = text;
    for (const form of this.#forms)
      if (masked.includes(form.text)) masked = masked.replaceAll(form.text, MASK);
    return masked.includes(CUT) ? this.#hideCutOff(masked) : masked;
  }

  /** A JSON value with the texts, keys and numbers in it masked; the value itself when there is nothing to hide in it. */
  value(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") return this.#isSecretNumber(value) ? MASK : value;
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const masked = value.map((one) => this.value(one));
      return masked.every((one, i) => one === value[i]) ? value : masked;
    }
    const entries = Object.entries(value);
    const masked = entries.map(([key, one]): [string, unknown] => [this.text(key), this.value(one)]);
    const same = masked.every(([key, one], i) => key === entries[i]![0] && one === entries[i]![1]);
    return same ? value : Object.fromEntries(masked);
  }

  #isSecretNumber(value: number): boolean {
    const text = String(value);
    return text.length >= LEAST_SECRET && this.#forms.some((form) => form.text === text);
  }

  #hideCutOff(text: string): string {
    const parts = text.split(CUT);
    for (let i = Math.max(0, parts.length - 1 - CUTS); i < parts.length - 1; i++) {
      const part = parts[i]!;
      const least = parts[i + 1]!.startsWith(LINE_CUT) ? 1 : LEAST_PART;
      const cutOff = Math.max(...this.#forms.map((form) => form.beginningAt(part, least, LONGEST_CUT)));
      if (cutOff > 0) parts[i] = `${part.slice(0, part.length - cutOff)}${MASK}`;
    }
    return parts.join(CUT);
  }
}

/** Longer than any text that is cut. */
const LONGEST_CUT = 70_000;

/** One form, with what is needed to find its beginning at the end of a text without comparing everything twice. */
export class Form {
  /** For each length of a beginning: the longest shorter beginning that it ends with (Knuth, Morris, Pratt). */
  #shorter: number[] | undefined;

  constructor(readonly text: string) {}

  /**
   * How many characters at the end of `text` are a beginning of this form, but not the whole of it; 0 below `least`. One
   * form is always asked with the same `most`.
   */
  beginningAt(text: string, least: number, most = this.text.length - 1): number {
    const from = Math.max(0, text.length - Math.min(this.text.length - 1, most));
    // Mostly not even the first few occur.
    if (text.indexOf(this.text.slice(0, least), from) < 0) return 0;
    const shorter = (this.#shorter ??= shorterOf(this.text.slice(0, most + 1)));
    let matched = 0;
    for (let i = from; i < text.length; i++) {
      while (matched > 0 && this.text[matched] !== text[i]) matched = shorter[matched]!;
      if (this.text[matched] === text[i]) matched++;
    }
    return matched >= least ? matched : 0;
  }
}

function shorterOf(text: string): number[] {
  const shorter = [0, 0];
  for (let length = 1, matched = 0; length < text.length; length++) {
    while (matched > 0 && text[matched] !== text[length]) matched = shorter[matched]!;
    if (text[matched] === text[length]) matched++;
    shorter[length + 1] = matched;
  }
  return shorter;
}
