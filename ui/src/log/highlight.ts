// Where a search is found in a line, and the line's pieces cut there.
import type { Span } from "./ansi.ts";

export interface MarkedSpan extends Span {
  marked?: true;
}

/** Finds without regard to case, as text and never as a pattern; undefined for an empty search. */
export function finderOf(search: string, flags = "giu"): RegExp | undefined {
  if (search === "") return undefined;
  // Only what a pattern would take for a sign of its own: with "u" nothing else may be escaped.
  return new RegExp(search.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), flags);
}

/** The pieces with those parts marked that the search finds; a find may reach over several pieces. */
export function markSpans(spans: readonly Span[], finder: RegExp | undefined): MarkedSpan[] {
  if (!finder) return [...spans];
  const text = spans.map((span) => span.text).join("");
  const finds = [...text.matchAll(finder)].map(
    (found) => [found.index, found.index + found[0].length] as const,
  );
  if (finds.length === 0) return [...spans];
  const marked: MarkedSpan[] = [];
  let at = 0;
  for (const span of spans) {
    const end = at + span.text.length;
    let from = at;
    for (const [start, stop] of finds) {
      if (stop <= from || start >= end) continue;
      const begin = Math.max(start, from);
      const until = Math.min(stop, end);
      if (begin > from) marked.push({ ...span, text: span.text.slice(from - at, begin - at) });
      marked.push({ ...span, text: span.text.slice(begin - at, until - at), marked: true });
      from = until;
    }
    if (from < end) marked.push({ ...span, text: span.text.slice(from - at) });
    at = end;
  }
  return marked;
}
