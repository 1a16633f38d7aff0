// "Did you mean": the declared name that is nearest to a wrong one.

/** The nearest of `names`, or undefined when none is near. */
export function nearest(wrong: string, names: Iterable<string>): string | undefined {
  if (wrong.length > 64) return undefined;
  const asked = fold(wrong);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(asked.length / 3)) + 1;
  for (const name of names) {
    if (name.length > 64) continue;
    const away = distance(asked, fold(name), least);
    if (away < least) {
      least = away;
      best = name;
    }
  }
  return best;
}

/** `; did you mean "batchSize"?` or nothing. */
export function didYouMean(wrong: string, names: Iterable<string>): string {
  const name = nearest(wrong, names);
  return name === undefined ? "" : `; did you mean "${name}"?`;
}

/** batch_size, batch-size and batchsize are one name to a person. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}

/** Edits from a to b, or `enough` when it is so many or more; two neighbours swapped are one edit, the commonest slip. */
function distance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, beforeLast[j - 2]! + 1);
      }
      row.push(edits);
    }
    // It never gets fewer than in the better one of two rows that follow each other.
    if (Math.min(...row) >= enough && Math.min(...last) >= enough) return enough;
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
