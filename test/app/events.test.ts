// What happens in a service, told to whoever watches it.
import { expect } from "chai";
import { tellFinished } from "../../src/app/events.ts";
import { createLogger } from "../../src/log.ts";

describe("the end of a run that cannot be read", () => {
  it("is a line in the log, and no rejection that would end the service", async () => {
    const lines: string[] = [];
    const log = createLogger({ level: "debug", format: "json", write: (line) => lines.push(line) });
    const queries = { byId: () => Promise.reject(new Error("the database was away")) };
    await tellFinished("run_1", queries, () => expect.fail("there is nothing to tell"), log);
    expect(lines.join("")).to.include("the database was away").and.include("run_1");
  });
});
