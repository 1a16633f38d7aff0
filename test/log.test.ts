import { expect } from "chai";
import { createLogger } from "../src/log.ts";

describe("the service's log", () => {
  function lines(options: { level: "debug" | "info"; format: "json" | "text"; colour?: boolean }) {
    const written: string[] = [];
    return { log: createLogger({ ...options, write: (line) => void written.push(line) }), written };
  }

  it("is one JSON object a line, with the time in UTC and the fields of the child", () => {
    const { log, written } = lines({ level: "debug", format: "json" });
    log.child({ source: "billing" }).warn({ job: "sync", error: new TypeError("bad") }, "did not load");
    const line = JSON.parse(written[0]!) as Record<string, unknown>;
    expect(line).to.deep.include({ level: "warn", source: "billing", job: "sync", message: "did not load" });
    expect(line["time"]).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(line["error"]).to.deep.include({ type: "TypeError", message: "bad" });
    expect(written[0]).to.match(/\n$/);
  });

  it("leaves out what is below its level", () => {
    const { log, written } = lines({ level: "info", format: "json" });
    log.debug({}, "no");
    expect(written).to.deep.equal([]);
  });

  it("is one short line an event for people; only errors bring a stack", () => {
    const { log, written } = lines({ level: "info", format: "text" });
    log.info({ job: "a/b", text: "two words", n: 3 }, "run finished");
    log.warn({ error: new Error("bad") }, "careful");
    log.error({ error: new Error("worse") }, "failed");
    expect(written[0]).to.match(/^\d\d:\d\d:\d\d info {2}run finished job=a\/b text="two words" n=3\n$/);
    expect(written[1]).to.match(/^\d\d:\d\d:\d\d warn {2}careful error=bad\n$/);
    expect(written[2]).to.match(/^\d\d:\d\d:\d\d error failed error=worse\n {4}Error: worse\n {4} {4}at /);
  });

  it("cannot be made to draw on a terminal by what a field says", () => {
    const { log, written } = lines({ level: "info", format: "text" });
    log.info({ text: "\u001b]0;title\u0007" }, "told \u001b[2J");
    expect(written[0]).not.to.include("\u001b");
  });
});
