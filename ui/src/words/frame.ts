// The lines of a code frame, and which of them are meant.

export interface FrameLine {
  text: string;
  bad: boolean;
}

/** A line that begins with `>`, and the carets below it. */
export function frameLines(frame: string): FrameLine[] {
  return frame.split("\n").map((text) => ({ text, bad: /^\s*>/.test(text) || /^[\s|]*\^+\s*$/.test(text) }));
}
