// Writes a made-up secret in every form and place that a job has; nothing of it may be found afterwards.
import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { defineJob } from "jobmount";

/** What the log keeps of one line. */
const LINE = 16 * 1024;

export class Job extends defineJob({
  name: "Secret check",
  description:
    "Writes a secret in every form and place; jobmount doctor runs it and looks whether any is found",
  requiredParams: {
    canary: { type: "password", minLength: 8, description: "Made up: it is good for nothing else" },
  },
  optionalParams: {
    end: { type: "select", options: ["result", "error"], default: "result" },
  },
  timeout: "1m",
  isolation: "fresh",
}) {
  async execute() {
    const { canary, end } = this.params;
    const forms = {
      plain: canary,
      base64: Buffer.from(canary).toString("base64"),
      header: Buffer.from(`user:${canary}`).toString("base64"),
      url: encodeURIComponent(canary),
      json: JSON.stringify({ canary }),
    };
    for (const [name, form] of Object.entries(forms)) {
      this.log.info(`${name} ${form}`, { [form]: { deep: [form] } });
      console.log(name, form);
      console.error(name, form);
      await this.#inHalves(form);
      this.records.failed(form, new Error(`refused: ${form}`));
      this.progress(50, form);
      this.state.set(name, form);
      this.#asKey(form);
      spawnSync(process.execPath, ["-e", "process.stdout.write(process.argv[1])", form], {
        stdio: "inherit",
      });
    }
    // Where a line is cut, and where a text is cut.
    const edge = "x".repeat(LINE - Math.floor(canary.length / 2));
    process.stdout.write(`${edge}${canary}${edge}\n`);
    writeSync(1, `${edge}${canary}${edge}\n`);
    this.log.info(`${edge}${canary}`);
    this.records.failed("y".repeat(500) + canary, "z".repeat(1_990) + canary);
    this.records.success(forms.plain.length);
    if (end === "error") throw new Error(`with ${canary}`, { cause: new Error(forms.base64) });
    return { [canary]: forms, list: [canary, [forms.url]] };
  }

  /** Keys of the state are stored as they are: the call has to fail, without the value in what it says. */
  #asKey(form: string): void {
    try {
      this.state.set(`key ${form}`, 1);
    } catch (error) {
      return this.log.info(`refused as a key: ${String(error)}`);
    }
    throw new Error("a key of the state took the secret");
  }

  /** In several writes, as a secret at the border of two chunks comes. */
  async #inHalves(form: string): Promise<void> {
    const middle = Math.floor(form.length / 2);
    const halves = [form.slice(0, middle), `${form.slice(middle)}\n`];
    for (const half of halves) {
      process.stdout.write(half);
      await wait(5);
    }
    for (const half of halves) {
      writeSync(1, half);
      await wait(5);
    }
  }
}
