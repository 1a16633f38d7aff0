// The smallest job worth watching: beats once a minute and tells how late it was.
import { setTimeout as wait } from "node:timers/promises";
import { defineJob } from "jobmount";

const STEPS = 5;

export class Job extends defineJob({
  name: "Heartbeat",
  description: "Beats once a minute: one record, some progress, and how late it came",
  version: "1.0.0",
  tags: ["example"],
  optionalParams: {
    seconds: {
      type: "number",
      label: "Seconds",
      description: "How long one beat takes",
      default: 0.5,
      min: 0,
      max: 30,
    },
  },
  timeout: "1m",
  schedules: [{ name: "Every minute", cron: "* * * * *", timeZone: "UTC" }],
}) {
  async execute() {
    const { fireAt } = this.run;
    const lateMs = fireAt === null ? null : Date.now() - Date.parse(fireAt);
    for (let step = 1; step <= STEPS; step++) {
      await wait((this.params.seconds * 1000) / STEPS, undefined, { signal: this.signal });
      this.progress((step / STEPS) * 100, `${step} of ${STEPS}`);
    }
    const before = this.state.get("beats");
    const beats = typeof before === "number" ? before + 1 : 1;
    this.state.set("beats", beats);
    this.log.info(lateMs === null ? `beat ${beats}` : `beat ${beats}, ${lateMs} ms after its time`);
    this.records.success();
    return { beats, lateMs };
  }
}
