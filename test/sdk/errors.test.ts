// X8: what a job throws to stop its retries or to choose their time, and how that is recognised.
import { expect } from "chai";
import { isPermanent, PermanentError, retryDelayOf, RetryLater } from "../../src/sdk/errors.ts";

describe("PermanentError and RetryLater", () => {
  it("are errors with name, message and cause", () => {
    const cause = new Error("c");
    const error = new PermanentError("no such account", { cause });
    expect(error)
      .to.be.instanceOf(Error)
      .and.include({ name: "PermanentError", message: "no such account", cause });
    expect(new RetryLater(500))
      .to.be.instanceOf(Error)
      .and.include({ name: "RetryLater", message: "try again in 500 ms" });
    expect(new RetryLater("30s", "busy", { cause })).to.include({ message: "busy", cause });
  });

  const delays: [number | string, number][] = [
    [0, 0],
    [500, 500],
    [1.5, 2],
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["30d", 2_592_000_000],
  ];
  for (const [delay, ms] of delays) {
    it(`RetryLater(${JSON.stringify(delay)}) asks for ${ms} ms`, () => {
      expect(retryDelayOf(new RetryLater(delay))).to.equal(ms);
    });
  }

  for (const wrong of [-1, NaN, Infinity, "30", "soon", "", "31d", null, undefined, {}, 5n]) {
    it(`RetryLater(${String(wrong)}) of type ${typeof wrong} says what a delay is`, () => {
      expect(() => new RetryLater(wrong as number)).to.throw(RangeError, /from 0 to 30 days/);
    });
  }

  it("are recognised when a subclass or another copy of the module made them", async () => {
    class Mine extends PermanentError {}
    expect(isPermanent(new Mine("x"))).to.equal(true);
    const copy = (await import(
      new URL("../../src/sdk/errors.ts?copy", import.meta.url).href
    )) as typeof import("../../src/sdk/errors.ts");
    expect(copy.PermanentError).not.to.equal(PermanentError);
    expect(isPermanent(new copy.PermanentError("x"))).to.equal(true);
    expect(retryDelayOf(new copy.RetryLater("1s"))).to.equal(1_000);
  });

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const others: [string, unknown][] = [
    ["an error", new Error("x")],
    ["null", null],
    ["undefined", undefined],
    ["a text", "PermanentError"],
    ["a revoked proxy", revoked.proxy],
    ["something that has the name", { name: "PermanentError" }],
    ["a mark that is no delay", { [Symbol.for("jobmount.RetryLater")]: "soon" }],
    ["a mark that is endless", { [Symbol.for("jobmount.RetryLater")]: Infinity }],
  ];
  for (const [title, value] of others) {
    it(`${title} is neither`, () => {
      expect(isPermanent(value)).to.equal(false);
      expect(retryDelayOf(value)).to.equal(undefined);
    });
  }
});
