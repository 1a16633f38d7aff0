// Errors of the service brought to their fields.
import { expect } from "chai";
import { isPlaced, placeErrors } from "../../../ui/src/form/field-errors.ts";

const error = (pointer: string, message: string) => ({ pointer, code: "x", message });

describe("a refusal", () => {
  it("that names no field is shown as a whole, or nobody would see it", () => {
    const field = { pointer: "/params/a", code: "min", message: "must be at least 1" };
    expect(isPlaced({ status: 422, fields: [field] })).to.equal(true);
    // idempotency_key_reused
    expect(isPlaced({ status: 422, fields: [] })).to.equal(false);
    expect(isPlaced({ status: 409, fields: [field] })).to.equal(false);
    expect(isPlaced(null)).to.equal(false);
  });
});

describe("errors at their fields", () => {
  it("go to the param that the pointer names, with the place inside it", () => {
    const placed = placeErrors(
      [
        error("/params/sizes/1", "is no number"),
        error("/params/sizes", "has too many"),
        error("/params/a~1b", "odd"),
      ],
      "/params",
      ["sizes", "a/b"],
    );
    expect(placed).to.deep.equal({
      at: { sizes: ["item 2: is no number", "has too many"], "a/b": ["odd"] },
      others: [],
    });
  });

  it("are told above the form when no field of theirs is drawn", () => {
    const placed = placeErrors(
      [error("/params/gone", "is unknown"), error("/cron", "is no cron"), error("", "too large")],
      "/params",
      ["a"],
    );
    expect(placed.others).to.deep.equal(["gone: is unknown", "Cron: is no cron", "too large"]);
  });
});
