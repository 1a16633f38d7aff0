// Live updates without a browser: real reads of the real query client, and a stream that the test opens and breaks.
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect } from "chai";
import { Live, type NoticeHandlers, type NoticeStream, type Surroundings } from "../../ui/src/api/live.ts";
import { eventually } from "../support/eventually.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const TIMING = { soonMs: 5, gatheredMs: 40, pollMs: 25, opensWithinMs: 60 };

class Place implements Surroundings {
  isHidden = false;
  handlers: NoticeHandlers | undefined;
  opened = 0;
  openNow = 0;
  closed = false;
  #shown: () => void = () => undefined;

  open(handlers: NoticeHandlers): NoticeStream {
    this.handlers = handlers;
    this.closed = false;
    this.opened++;
    this.openNow++;
    const { closed } = this;
    let isOpen = true;
    const isClosed = () => closed || this.closed;
    return {
      get closed() {
        return isClosed();
      },
      close: () => {
        if (isOpen) this.openNow--;
        isOpen = false;
      },
    };
  }

  hidden(): boolean {
    return this.isHidden;
  }

  onShown(act: () => void): () => void {
    this.#shown = act;
    return () => (this.#shown = () => undefined);
  }

  show(isShown: boolean): void {
    this.isHidden = !isShown;
    this.#shown();
  }

  tell(kind: string, id: string | null, state = "running"): void {
    this.handlers!.changes(JSON.stringify({ changes: [{ kind, source: "default", id, job: "a", state }] }));
  }
}

describe("live updates", () => {
  let client: QueryClient;
  let place: Place;
  let live: Live;
  let reads: Record<string, number>;
  const ends: (() => void)[] = [];
  /** What is on the screen: a read that takes `ms`. */
  const show = (path: string, ms = 0) => {
    const observer = new QueryObserver(client, {
      queryKey: [path.split("/")[1], path, {}],
      queryFn: async () => {
        reads[path] = (reads[path] ?? 0) + 1;
        const answer = reads[path];
        await wait(ms);
        return answer;
      },
      networkMode: "always",
      retry: false,
    });
    ends.push(observer.subscribe(() => undefined));
    return observer;
  };
  const settled = () => eventually(() => client.isFetching() === 0 || undefined);
  beforeEach(() => {
    client = new QueryClient();
    client.mount();
    place = new Place();
    live = new Live(client, place, TIMING);
    reads = {};
  });
  afterEach(() => {
    live.stop();
    for (const end of ends.splice(0)) end();
    client.clear();
    client.unmount();
  });
  const opened = async () => {
    live.start();
    await settled();
    place.handlers!.resync();
    await wait(TIMING.gatheredMs * 2);
    await settled();
  };

  it("reads what a change touches, and nothing else", async () => {
    show("/runs");
    show("/tokens");
    await opened();
    const before = { ...reads };
    place.tell("run", "run_1");
    await eventually(() => reads["/runs"]! > before["/runs"]! || undefined);
    expect(reads["/tokens"]).to.equal(before["/tokens"]);
    expect(live.view).to.deep.equal({ state: "live", missed: 0 });
  });

  it("reads a list about once a gathered while, however many changes come", async () => {
    show("/runs");
    await opened();
    const before = reads["/runs"]!;
    for (let i = 0; i < 50; i++) {
      place.tell("run", `run_${i}`);
      await wait(4);
    }
    await wait(TIMING.gatheredMs * 2);
    // 50 changes in 200 ms or more: a read at their begin, one each 40 ms, one at their end.
    expect(reads["/runs"]! - before).to.be.within(2, 12);
  });

  it("reads everything on every resync, the first one too: what happened before the stream opened was told to nobody", async () => {
    show("/runs");
    show("/meta");
    live.start();
    await settled();
    expect(reads).to.deep.equal({ "/runs": 1, "/meta": 1 });
    place.handlers!.resync();
    await eventually(() => (reads["/runs"] === 2 && reads["/meta"] === 2) || undefined);
    await wait(TIMING.gatheredMs);
    place.handlers!.resync();
    await eventually(() => (reads["/runs"] === 3 && reads["/meta"] === 3) || undefined);
  });

  it("reads once more what was on its way when it changed: it may have come too early", async () => {
    show("/runs", 60);
    live.start();
    place.handlers!.resync();
    const observer = show("/runs", 60);
    await eventually(() => reads["/runs"] === 2 || undefined);
    await eventually(() => observer.getCurrentResult().data === 2 || undefined);
    await wait(150);
    const before = reads["/runs"]!;
    place.tell("run", "run_1");
    await eventually(() => reads["/runs"] === before + 1 || undefined);
    place.tell("run", "run_2");
    await eventually(() => reads["/runs"]! >= before + 2 || undefined);
    expect(reads["/runs"]! - before, "no read is broken off").to.be.at.most(3);
  });

  it("asks now and then when the stream breaks, also for reads that take longer than that; and stops when it is back", async () => {
    const observer = show("/runs", TIMING.pollMs * 3);
    await opened();
    const before = Number(observer.getCurrentResult().data);
    place.handlers!.trouble();
    expect(live.view.state).to.equal("polling");
    await eventually(() => Number(observer.getCurrentResult().data) >= before + 2 || undefined);
    place.handlers!.resync();
    expect(live.view.state).to.equal("live");
    await wait(TIMING.gatheredMs + TIMING.pollMs * 8);
    await settled();
    const after = reads["/runs"];
    await wait(TIMING.pollMs * 3);
    expect(reads["/runs"]).to.equal(after);
  });

  it("asks as well when the stream never opens, and opens one anew that the browser has given up", async () => {
    show("/runs");
    live.start();
    await eventually(() => live.view.state === "polling" || undefined);
    await eventually(() => reads["/runs"]! >= 3 || undefined);
    expect(place.opened).to.equal(1);
    place.closed = true;
    await eventually(() => place.opened === 2 || undefined);
    expect(place.openNow, "streams that are open").to.equal(1);
  });

  it("paused, nothing that is shown is read: not by changes, a broken stream, a resync nor by being seen again", async () => {
    show("/runs");
    await opened();
    const before = reads["/runs"];
    live.pause();
    place.tell("run", "run_1");
    place.tell("run", "run_2");
    expect(live.view).to.deep.equal({ state: "paused", missed: 2 });
    place.handlers!.trouble();
    await wait(TIMING.pollMs * 3);
    place.handlers!.resync();
    place.show(false);
    place.show(true);
    place.handlers!.resync();
    await wait(TIMING.gatheredMs * 3);
    expect(reads["/runs"]).to.equal(before);
    expect(live.view.state).to.equal("paused");
    live.resume();
    expect(live.view).to.deep.equal({ state: "live", missed: 0 });
    await eventually(() => reads["/runs"]! > before! || undefined);
  });

  it("what was changed a moment before the pause does not come after it", async () => {
    show("/runs");
    await opened();
    const before = reads["/runs"];
    place.tell("run", "run_1");
    live.pause();
    await wait(TIMING.gatheredMs * 3);
    expect(reads["/runs"]).to.equal(before);
  });

  it("a page that nobody sees holds no stream and asks nothing; seen again it reads everything", async () => {
    show("/runs");
    await opened();
    place.show(false);
    expect(place.openNow).to.equal(0);
    const before = reads["/runs"]!;
    await wait(TIMING.pollMs * 4);
    expect(reads["/runs"]).to.equal(before);
    place.show(true);
    expect(place.openNow).to.equal(1);
    place.handlers!.resync();
    await eventually(() => reads["/runs"]! > before || undefined);
  });

  it("a page that was opened behind another one opens its stream when it is seen", async () => {
    place.isHidden = true;
    live.start();
    await wait(TIMING.opensWithinMs * 2);
    expect([place.opened, live.view.state]).to.deep.equal([0, "connecting"]);
    place.show(true);
    expect(place.opened).to.equal(1);
  });
});
