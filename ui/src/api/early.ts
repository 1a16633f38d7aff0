// Reads that are sent while the page's own script is still on its way; whoever asks for the same address takes the answer.
import { API_BASE } from "./base.ts";

export const ACCEPT = { Accept: "application/json" } as const;

const sent = new Map<string, Promise<Response>>();
let asking: Promise<unknown> = Promise.resolve();

/** Ends when everything was sent that is sent beforehand: who asks sooner would ask for the same a second time. */
export function askedAhead(ends?: Promise<unknown>): Promise<unknown> {
  if (ends) asking = ends;
  return asking;
}

/** `read`: path and query below the base of REST. */
export function sendEarly(read: string): Promise<Response> {
  const answer = fetch(API_BASE + read, { headers: ACCEPT });
  // Whoever takes it is told; until then nobody has to know.
  answer.catch(() => undefined);
  sent.set(read, answer);
  return answer;
}

/** The answer that was sent for beforehand, to be taken once. */
export function takeEarly(read: string): Promise<Response> | undefined {
  const answer = sent.get(read);
  sent.delete(read);
  return answer;
}

/** What nobody has taken with the first screen is older than what is asked for later. */
export function dropEarly(): void {
  sent.clear();
}
