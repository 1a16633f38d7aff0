// Message ports and broadcast channels: without ref they are in no list of Node's, so we hear of them when they are made.
import { syncBuiltinESMExports } from "node:module";
import threads from "node:worker_threads";
import { Living } from "./living.ts";

/** To be called once, before any job runs; it knows which are open. */
export function watchPorts(): Living {
  const open = new Living();
  const opened = (port: threads.MessagePort) => {
    open.begin(port);
    port.once("close", () => open.end(port));
  };
  const MessageChannel = class MessageChannel extends threads.MessageChannel {
    constructor() {
      super();
      opened(this.port1);
      opened(this.port2);
    }
  };
  const BroadcastChannel = class BroadcastChannel extends threads.BroadcastChannel {
    constructor(name: string) {
      super(name);
      open.begin(this);
    }
    override close(): void {
      super.close();
      open.end(this);
    }
  };
  Object.assign(threads, { MessageChannel, BroadcastChannel });
  syncBuiltinESMExports();
  for (const [name, value] of Object.entries({ MessageChannel, BroadcastChannel }))
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
  return open;
}
