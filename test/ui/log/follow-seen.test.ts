// A log is followed while somebody sees it, over as few streams as a browser has room for.
import { expect } from "chai";
import { followSeen, type Way } from "../../../ui/src/log/follow-seen.ts";
import type { Line } from "../../../ui/src/log/line.ts";
import { Seats } from "../../../ui/src/log/seats.ts";
import { eventually } from "../../support/eventually.ts";

const TIMING = { answersWithinMs: 60, spreadMs: 60 };
const line = (seq: number) => ({ seq }) as Line;

describe("seats of logs in a browser", () => {
  let n = 0;
  const open: Seats[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });
  const seats = (name: string) => {
    const one = new Seats(name, TIMING);
    open.push(one);
    return one;
  };

  it("are three; a fourth finds none until one is left", async () => {
    const name = `seats ${++n}`;
    const first = [seats(name), seats(name), seats(name)];
    for (const one of first) expect(await one.take()).to.equal(true);
    const late = seats(name);
    expect(await late.take()).to.equal(false);
    first[1]!.leave();
    await eventually(() => late.take(), 5_000);
  });

  it("one that is closed while it asks has none, and fails at nothing", async () => {
    const one = seats(`seats ${++n}`);
    const asked = one.take();
    one.close();
    expect(await asked).to.equal(false);
  });
});

describe("following a log", () => {
  const world = (hasSeat = true) => {
    const begun: string[] = [];
    const ended: string[] = [];
    let hidden = false;
    let shown = () => {};
    let tell: (lines: readonly Line[]) => void = () => {};
    const way =
      (name: string): Way =>
      (after, listener) => {
        begun.push(`${name} ${after}`);
        tell = (lines) => listener.lines(lines);
        return { stop: () => void ended.push(name) };
      };
    const got: number[] = [];
    const following = followSeen(
      7,
      { lines: (lines) => void got.push(...lines.map(({ seq }) => seq)), ended() {}, connected() {} },
      {
        stream: way("stream"),
        poll: way("poll"),
        seats: { take: async () => hasSeat, leave() {}, close() {} },
        hidden: () => hidden,
        onShown(act) {
          shown = act;
          return () => (shown = () => {});
        },
      },
    );
    const show = (is: boolean) => {
      hidden = !is;
      shown();
    };
    return { begun, ended, got, following, show, tell: (lines: readonly Line[]) => tell(lines) };
  };

  it("goes on after the newest line when the page is shown again, and asks nothing meanwhile", async () => {
    const { begun, ended, got, show, tell, following } = world();
    await eventually(() => begun.length === 1);
    tell([line(8), line(9)]);
    show(false);
    expect(ended).to.deep.equal(["stream"]);
    show(true);
    await eventually(() => begun.length === 2);
    expect([begun, got]).to.deep.equal([
      ["stream 7", "stream 9"],
      [8, 9],
    ]);
    following.stop();
    expect(ended).to.deep.equal(["stream", "stream"]);
  });

  it("asks now and then where no stream is left", async () => {
    const { begun, following } = world(false);
    await eventually(() => begun.length === 1);
    expect(begun).to.deep.equal(["poll 7"]);
    following.stop();
  });

  it("hidden before it has begun, or stopped, it does not begin", async () => {
    const one = world();
    one.show(false);
    const two = world();
    two.following.stop();
    await new Promise((resolve) => setTimeout(resolve));
    expect([one.begun, two.begun]).to.deep.equal([[], []]);
    one.following.stop();
  });
});
