// Links to lines: `#L120`, `#L120-L140`.

export interface LineRange {
  from: number;
  to: number;
}

/** What the fragment of an address means; undefined when it means no lines. */
export function rangeOf(fragment: string): LineRange | undefined {
  const found = /^#?L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(fragment);
  if (!found) return undefined;
  const one = Number(found[1]);
  const other = found[2] === undefined ? one : Number(found[2]);
  if (one === 0 || other === 0) return undefined;
  return { from: Math.min(one, other), to: Math.max(one, other) };
}

export function fragmentOf({ from, to }: LineRange): string {
  return from === to ? `#L${from}` : `#L${from}-L${to}`;
}

/** A click takes the line alone; with Shift it reaches from the lines taken before to this one. */
export function rangeAfterClick(before: LineRange | undefined, seq: number, reach: boolean): LineRange {
  if (!before || !reach) return { from: seq, to: seq };
  return seq < before.from ? { from: seq, to: before.to } : { from: before.from, to: seq };
}
