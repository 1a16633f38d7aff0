// What somebody pastes to get in: a token, the whole one-time link, or only its code.

export type Entry = { kind: "token"; token: string } | { kind: "code"; code: string };

export function entryOf(text: string): Entry {
  const given = text.trim().replace(/^export JOBMOUNT_TOKEN=/, "");
  const code = /[?&]code=([^&#\s]+)/.exec(given)?.[1];
  if (code !== undefined) return { kind: "code", code: decodeURIComponent(code) };
  return { kind: "token", token: given };
}
