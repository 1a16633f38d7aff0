// The policies of a schedule, each choice with one line that says what it does.

export type Choices = readonly (readonly [value: string, says: string])[];

export const OVERLAPS: Choices = [
  ["skip", "a fire that meets a run of the same schedule is skipped"],
  ["buffer_one", "one fire waits for that run's end; others are skipped"],
  ["buffer_all", "fires wait for their turn, up to 100 of them"],
  ["cancel_other", "the new fire takes its place: the earlier run is cancelled"],
  ["allow_all", "runs go on beside each other, up to 1000 of them"],
];

export const CATCH_UPS: Choices = [
  ["latest", "of the missed fires the newest runs, unless one is due just then"],
  ["skip", "no missed fire runs; one row says which were left out"],
  ["all", "the newest ones run, the oldest of them first"],
  ["merge", "one run stands for all, and is told from when to when"],
];

export const GAPS: Choices = [
  ["next", "a time that a day does not have fires right after the gap"],
  ["skip", "a time that a day does not have does not fire that day"],
];

export const REPEATS: Choices = [
  ["first", "a time that comes twice fires the first time"],
  ["both", "a time that comes twice fires both times"],
];

export const saysOf = (choices: Choices, value: string): string =>
  choices.find(([one]) => one === value)?.[1] ?? "";
