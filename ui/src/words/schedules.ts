// How schedules are called, and what keeps one from firing.
import type { Schedule } from "../api/contract.ts";
import { type Look, plainWords } from "./states.ts";

export const scheduleName = ({ name, sentence }: Pick<Schedule, "name" | "sentence">): string =>
  name ?? sentence;

type Standing = Pick<
  Schedule,
  "enabled" | "paused" | "held" | "suspended" | "nextFires" | "at" | "endAt" | "maxRuns"
>;

/** Its standing as one badge: the strongest reason why nothing of it fires now, or that it is on. */
export function scheduleLook({ enabled, paused, held, suspended, nextFires }: Standing): Look {
  if (held) return { word: "held", icon: "warn", tone: "bad" };
  if (!enabled) return { word: "off", icon: "off", tone: "calm" };
  if (paused) return { word: "paused", icon: "pause", tone: "warn" };
  if (suspended) return { word: plainWords(suspended.reason), icon: "pause", tone: "warn" };
  if (nextFires.length === 0) return { word: "over", icon: "stop", tone: "calm" };
  return { word: "on", icon: "check", tone: "good" };
}
