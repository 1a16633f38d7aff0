// Asks each of the given addresses once, and fails the record of every one that does not answer well.
import { defineJob, PermanentError } from "jobmount";
import { ask, type Answer } from "./ask.ts";

export class Job extends defineJob({
  name: "Link check",
  description: "Asks each given address once: one record each, failed with its status",
  version: "1.0.0",
  tags: ["example", "web"],
  requiredParams: {
    urls: {
      type: "list",
      of: "url",
      label: "Addresses",
      description: "Only these are asked: redirects are told, not followed",
      minItems: 1,
      maxItems: 1000,
      unique: true,
      example: ["https://example.com/"],
    },
  },
  optionalParams: {
    timeoutSeconds: {
      type: "number",
      label: "Seconds to wait for an answer",
      default: 10,
      min: 0.1,
      max: 120,
    },
    parallel: { type: "integer", label: "Addresses asked at a time", default: 5, min: 1, max: 50 },
  },
  timeout: "1h",
}) {
  async execute() {
    const only = this.run.onlyRecords === null ? undefined : new Set(this.run.onlyRecords);
    const urls = this.params.urls.filter((url) => only?.has(url) ?? true);
    // The key of a record is kept up to 512 characters: a longer address would silently be asked no more.
    if (only !== undefined && urls.length < only.size)
      throw new PermanentError(
        `only ${urls.length} of the ${only.size} addresses that failed are among the given ones, as far as their first 512 characters tell; run it as a whole`,
      );
    const waiting = urls.values();
    let done = 0;
    const worker = async () => {
      for (const url of waiting) {
        this.tell(url, await ask(url, this.params.timeoutSeconds, this.signal));
        this.progress((++done / urls.length) * 100, `${done} of ${urls.length} addresses`);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.params.parallel, urls.length) }, worker));
    return { asked: urls.length };
  }

  private tell(url: string, answer: Answer): void {
    if (answer.kind === "none") {
      this.log.error(`${url}: ${answer.reason}`);
      this.records.failed(url, answer.reason);
      return;
    }
    const { status, statusText, location, ms } = answer;
    const words = `${status} ${statusText}`.trim();
    if (status >= 400) {
      this.log.error(status === 404 ? `DEAD LINK ${url}: ${words}` : `${url}: ${words}`, { url, status, ms });
      this.records.failed(url, words);
      return;
    }
    if (location !== null) this.log.warn(`${url}: ${words}, moved to ${location}`, { url, status, location });
    else this.log.info(`${url}: ${words} in ${ms} ms`, { url, status, ms });
    this.records.success();
  }
}
