// The stream of change notices as a browser has it, and whether anybody sees the page.
import { API_BASE } from "./base.ts";
import type { NoticeHandlers, NoticeStream, Surroundings } from "./live.ts";
import { SharedStream } from "./shared-stream.ts";

export const BROWSER: Surroundings = {
  open: (handlers) => new SharedStream(`jobmount changes ${API_BASE}`, eventSource, handlers),
  hidden: () => document.hidden,
  onShown(act) {
    document.addEventListener("visibilitychange", act);
    return () => document.removeEventListener("visibilitychange", act);
  },
};

function eventSource({ resync, changes, trouble }: NoticeHandlers): NoticeStream {
  const source = new EventSource(`${API_BASE}/events`);
  source.addEventListener("resync", resync);
  source.addEventListener("changes", (event: MessageEvent<string>) => changes(event.data));
  source.addEventListener("error", trouble);
  return {
    get closed() {
      return source.readyState === EventSource.CLOSED;
    },
    close: () => source.close(),
  };
}
