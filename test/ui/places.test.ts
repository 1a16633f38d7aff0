// What the service calls by the names of REST, in the words that stand on the page.
import { expect } from "chai";
import { inLabels, placeInWords, whoIs } from "../../ui/src/words/places.ts";

describe("places and people in the words of the page", () => {
  const table: [string, string][] = [
    ["/maxRuns", "Most runs"],
    ["/retries/backoffMs", "Wait before the second try"],
    ["/retries", "Tries"],
    ["/catchUp/nothing", "When the service was down, nothing"],
    ["/params", "Params"],
    ["/params/batchSize", "batchSize"],
    ["/params/sizes/1", "sizes, item 2"],
    ["/query/since", "since"],
    ["/query/until", "until"],
    ["/sources/0", "Sources, item 1"],
    ["", ""],
  ];
  for (const [pointer, words] of table)
    it(`${pointer || "the whole"} is ${words || "named by nothing"}`, () => {
      expect(placeInWords(pointer)).to.equal(words);
    });

  it("a param is called by its label where that is known", () => {
    const labels: Readonly<Record<string, string>> = { batchSize: "Batch size" };
    expect(placeInWords("/params/batchSize", labels)).to.equal("Batch size");
    expect(placeInWords("/params/list/0", labels)).to.equal("list, item 1");
    expect(placeInWords("/params/constructor", labels)).to.equal("constructor");
  });

  it("sentences of the service name fields by their labels, and people without what kind of right they have", () => {
    expect(inLabels("all of its 3 runs are made (maxRuns)")).to.equal(
      "all of its 3 runs are made (“Most runs”)",
    );
    expect(inLabels("fires at 03:00 instead (dst.gap next)")).to.equal(
      "fires at 03:00 instead (“When the clocks go forward”: next)",
    );
    expect(inLabels("must be after startAt, which is 02:00Z")).to.equal(
      "must be after “Not before”, which is 02:00Z",
    );
    expect(inLabels("Revision 2 held then (skip_next by token:night shift).")).to.equal(
      "Revision 2 held then (skip next by night shift).",
    );
    expect(inLabels("It did not run (all_records_failed): job import_cities")).to.equal(
      "It did not run (all records failed): job import_cities",
    );
    expect(inLabels("every night, name of the job, at most")).to.equal(
      "every night, name of the job, at most",
    );
  });

  it("who did something is called by name", () => {
    expect(whoIs("token:night shift")).to.equal("night shift");
    expect(whoIs("token:token:x")).to.equal("token:x");
    expect(whoIs("local")).to.equal("the machine itself");
    expect(whoIs("service")).to.equal("service");
  });
});
