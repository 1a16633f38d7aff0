// Small pictures of our own, drawn as lines in the colour of the text beside them.
import type { IconName } from "../words/states.ts";
import css from "./parts.module.css";

const PATHS: Readonly<Record<IconName | "menu" | "sun" | "moon" | "external" | "search" | "down", string>> = {
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  play: "M5 3.5v9l7-4.5z",
  clock: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.4",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  stop: "M4 4h8v8H4z",
  skip: "M3.5 4l5 4-5 4zM12 4v8",
  warn: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.3",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  pin: "M6 2.5h4M7 2.5v4L4.5 9.5h7L9 6.5v-4M8 9.5V14",
  off: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4 12 12 4",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5z",
  external: "M6 3.5H3.5v9h9V10M9 2.5h4.5V7M13 3 7.5 8.5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
  down: "M4 6l4 4 4-4",
};

const FILLED: ReadonlySet<string> = new Set(["play", "stop"]);

export function Icon({ name, size = 14 }: { name: keyof typeof PATHS; size?: number }) {
  return (
    <svg
      className={FILLED.has(name) ? `${css["icon"]} ${css["filled"]}` : css["icon"]}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
