// What the page says of a cancel: what was sent and when, and that nothing had to be sent to a run that waited.
import { expect } from "chai";
import { cancelSteps } from "../../ui/src/words/cancel.ts";

const ASKED = "2027-01-02T03:04:05.000Z";
const at = (s: number) => new Date(Date.parse(ASKED) + s * 1_000).toISOString();
const asked = { requestedAt: ASKED, by: "ann", reason: null };

describe("X9: the steps of a cancel", () => {
  it("of a run that ran are what was sent, in its order, and when nothing of it was left", () => {
    const cancel = {
      ...asked,
      waited: false,
      steps: [
        { signal: "abort" as const, at: ASKED },
        { signal: "SIGTERM" as const, at: at(10) },
      ],
      groupEmptyAt: at(11),
    };
    expect(cancelSteps({ state: "cancelled", cancel })).to.deep.equal([
      "the abort signal was sent after 0 ms",
      "SIGTERM was sent after 10 s",
      "nothing that it had started was left after 11 s",
    ]);
  });

  it("of a run that has not ended say what comes next", () => {
    const cancel = { ...asked, waited: false, steps: [], groupEmptyAt: null };
    expect(cancelSteps({ state: "running", cancel })).to.deep.equal([
      "it has not ended yet; after the grace time it gets SIGTERM, then SIGKILL",
    ]);
  });

  it("of a run that waited in the queue or for its next attempt say that nothing had to be ended", () => {
    const cancel = { ...asked, waited: true, steps: [], groupEmptyAt: null };
    expect(cancelSteps({ state: "cancelled", cancel })).to.deep.equal([
      "it waited, and ended at once: nothing of it ran that had to be ended",
    ]);
  });

  it("of a run that nobody cancelled are none", () => {
    expect(cancelSteps({ state: "succeeded", cancel: null })).to.deep.equal([]);
  });
});
