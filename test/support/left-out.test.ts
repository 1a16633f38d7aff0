import { expect } from "chai";
import { canRun } from "./left-out.ts";

describe("what a machine lacks", () => {
  const before = process.env["JOBMOUNT_REQUIRE_SERVICES"];
  afterEach(() => {
    if (before === undefined) delete process.env["JOBMOUNT_REQUIRE_SERVICES"];
    else process.env["JOBMOUNT_REQUIRE_SERVICES"] = before;
  });

  it("is a failure where every suite is required, and nothing where it is there", () => {
    process.env["JOBMOUNT_REQUIRE_SERVICES"] = "1";
    expect(() => canRun("the tests of x", "no x here (apt-get install x)")).to.throw(
      "no x here (apt-get install x), and JOBMOUNT_REQUIRE_SERVICES=1 forbids leaving out the tests of x",
    );
    expect(canRun("the tests of x", null)).to.equal(true);
  });
});
