// A state as a badge: an icon and a word in its tone.
import type { LoadState, RunReason, RunState } from "../api/contract.ts";
import { loadLook, type Look, LOAD_SAYS, plainWords, runLook } from "../words/states.ts";
import { Icon } from "./Icon.tsx";
import css from "./parts.module.css";

export function Badge({ word, icon, tone, title }: Look & { title?: string }) {
  return (
    <span className={`${css["badge"]} ${css[tone]}`} title={title}>
      <Icon name={icon} size={12} />
      {word}
    </span>
  );
}

/** The state of a run, with its reason where there is one. */
export function StatusBadge({ state, reason }: { state: RunState; reason?: RunReason | null }) {
  const look = runLook(state);
  const word = reason && reason !== "error" ? `${look.word}: ${plainWords(reason)}` : look.word;
  return <Badge {...look} word={word} />;
}

export function LoadBadge({ state }: { state: LoadState }) {
  return <Badge {...loadLook(state)} title={LOAD_SAYS[state]} />;
}
