// The whole service while one job writes a gigabyte: its memory, and when other runs begin.
import { rmSync } from "node:fs";
import { eventually } from "../../test/support/eventually.ts";
import { peakMiB } from "../../test/support/processes.ts";
import { type Json, Service } from "../../test/support/service.ts";

export interface FloodFigures {
  wroteMB: number;
  tookMs: number;
  keptMB: number;
  peakMB: number;
  slowestMs: number;
  others: number;
}

const EVERY_MS = 50;

export async function measureFlood(): Promise<FloodFigures> {
  const service = await Service.start({ fixtures: "disasters", jobs: ["writes_1_gb", "keeps_the_beat"] });
  try {
    await eventually(
      async () => (await service.get("/jobs/writes_1_gb")).json["loadState"] === "ready",
      20_000,
    );
    await service.run("keeps_the_beat");
    const { id } = (await service.call("POST", "/jobs/writes_1_gb/runs", {})).json;
    const delays: number[] = [];
    let run: Json;
    do {
      const askedAt = Date.now();
      delays.push((await service.run("keeps_the_beat")).result["at"] - askedAt);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      run = (await service.get(`/runs/${id}`)).json;
    } while (run["finishedAt"] === null);
    return {
      wroteMB: run.result["wrote"] / 1e6,
      tookMs: run["durationMs"],
      keptMB: run.log["bytes"] / 1e6,
      peakMB: peakMiB(service.pid),
      slowestMs: Math.max(...delays),
      others: delays.length,
    };
  } finally {
    await service.stop();
    rmSync(service.folder, { recursive: true, force: true });
  }
}
