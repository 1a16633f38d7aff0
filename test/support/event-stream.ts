// Reads an event stream as a browser does: fields of each event, comments left out.
import type { Json, Service } from "./service.ts";

export interface LogEvent {
  id: string;
  event: string;
  data: Json;
  /** When it came. */
  at: number;
}

/** Ends with the stream, or when nobody reads on. */
export async function* readEvents(
  { url, token }: Pick<Service, "url" | "token">,
  path: string,
  lastEventId?: string,
): AsyncGenerator<LogEvent> {
  const controller = new AbortController();
  const response = await fetch(`${url}${path}`, {
    headers: {
      authorization: `Bearer ${token}`,
      accept: "text/event-stream",
      ...(lastEventId ? { "last-event-id": lastEventId } : {}),
    },
    signal: controller.signal,
  });
  const type = response.headers.get("content-type");
  if (response.status !== 200 || !type?.startsWith("text/event-stream"))
    throw new Error(`${path} answered ${response.status} ${type}: ${await response.text()}`);
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of response.body!) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true });
      const parts = rest.split("\n\n");
      rest = parts.pop()!;
      for (const part of parts) {
        const fields = new Map(
          part.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
        );
        const data = fields.get("data");
        if (data === undefined) continue;
        const [id, event] = [fields.get("id") ?? "", fields.get("event") ?? "message"];
        yield { id, event, data: JSON.parse(data) as Json, at: Date.now() };
      }
    }
  } finally {
    controller.abort();
  }
}
