// The find of a search that somebody has come to, and the way to the next one.
import { useState } from "react";
import { firstFind, nextFind, positionOf, type Sight } from "./seq-index.ts";

export const NO_FINDS: readonly number[] = [];

export interface Finds {
  count: number;
  /** Number of the line; undefined before the first step. */
  current: number | undefined;
  /** From 1; 0 before the first step. */
  place: number;
  step(by: 1 | -1): void;
  reset(): void;
}

/** `sight`: what is shown now; `onStep`: brings the line into sight. */
export function useFinds(seqs: readonly number[], sight: () => Sight, onStep: (seq: number) => void): Finds {
  const [current, setCurrent] = useState<number | undefined>(undefined);
  const place = current === undefined ? 0 : positionOf(seqs, current) + 1;
  return {
    count: seqs.length,
    current,
    place: current !== undefined && seqs[place - 1] === current ? place : 0,
    step(by) {
      const next = current === undefined ? firstFind(seqs, sight(), by) : nextFind(seqs, current, by);
      if (next === undefined) return;
      setCurrent(next);
      onStep(next);
    },
    reset: () => setCurrent(undefined),
  };
}
