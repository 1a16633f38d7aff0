// What many reloads of one job leave behind in the service: asked of its own inspector, after it collected its garbage.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocket } from "undici";
import type { Service } from "../../test/support/service.ts";
import { keyOf, writeJob } from "./folder.ts";
import { changed } from "./saves.ts";

export interface GrowthFigures {
  heapMB: number;
  residentMB: number;
}

/** The first ones fill caches that have a size. */
const WARM_UP = 200;
const JOB = 1;
const MB = 1024 * 1024;

/** The service has to have been started with `--inspect`. */
export async function measureGrowth(service: Service, reloads: number): Promise<GrowthFigures> {
  const inspector = await Inspector.of(service);
  await reload(service, WARM_UP, "warm");
  const before = { heap: await inspector.heapBytes(), resident: residentBytes(service.pid) };
  await reload(service, reloads, "again");
  const after = { heap: await inspector.heapBytes(), resident: residentBytes(service.pid) };
  inspector.close();
  return {
    heapMB: (after.heap - before.heap) / MB,
    residentMB: (after.resident - before.resident) / MB,
  };
}

async function reload(service: Service, times: number, text: string): Promise<void> {
  const address = keyOf(JOB).replaceAll("/", ".");
  let hash = (await service.get(`/jobs/${address}`)).json.version.hash;
  for (let n = 0; n < times; n++) {
    writeJob(join(service.folder, "external_tasks"), JOB, `${text} ${n}`);
    hash = await changed(service, address, hash);
  }
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

class Inspector {
  private n = 0;

  private constructor(private readonly socket: WebSocket) {}

  static async of(service: Service): Promise<Inspector> {
    const address = /ws:\/\/\S+/.exec(service.output)?.[0];
    if (address === undefined) throw new Error("the service was not started with --inspect");
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("the inspector does not answer")));
    });
    return new Inspector(socket);
  }

  async heapBytes(): Promise<number> {
    // Twice: what finalizers let go of the first time is collected the second time.
    for (let i = 0; i < 2; i++) await this.ask("HeapProfiler.collectGarbage");
    const { usedSize } = (await this.ask("Runtime.getHeapUsage")) as { usedSize: number };
    return usedSize;
  }

  close(): void {
    this.socket.close();
  }

  private ask(method: string): Promise<unknown> {
    const id = ++this.n;
    return new Promise((resolve) => {
      const hear = ({ data }: { data: unknown }): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: unknown };
        if (answer.id !== id) return;
        this.socket.removeEventListener("message", hear);
        resolve(answer.result);
      };
      this.socket.addEventListener("message", hear);
      this.socket.send(JSON.stringify({ id, method }));
    });
  }
}
