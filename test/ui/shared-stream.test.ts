// Pages of one browser share one stream: real channels between them, and streams that the test opens and breaks.
import { expect } from "chai";
import type { NoticeHandlers } from "../../ui/src/api/live.ts";
import { SharedStream } from "../../ui/src/api/shared-stream.ts";
import { eventually } from "../support/eventually.ts";

const TIMING = { answersWithinMs: 40, spreadMs: 80, hereMs: 50, goneMs: 250 };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("one stream for all pages of a browser", () => {
  let name: string;
  let n = 0;
  let streams: Set<NoticeHandlers>;
  let pages: { heard: string[]; stream: SharedStream }[];
  beforeEach(() => {
    name = `pages ${++n}`;
    streams = new Set();
    pages = [];
  });
  afterEach(() => {
    for (const { stream } of pages) stream.close();
  });
  const page = () => {
    const heard: string[] = [];
    const open = (handlers: NoticeHandlers) => {
      streams.add(handlers);
      return { closed: false, close: () => void streams.delete(handlers) };
    };
    const hear = {
      resync: () => void heard.push("resync"),
      changes: (text: string) => void heard.push(text),
      trouble: () => void heard.push("trouble"),
    };
    const one = { heard, stream: new SharedStream(name, open, hear, TIMING) };
    pages.push(one);
    return one;
  };
  const leader = () => eventually(() => (streams.size === 1 ? [...streams][0] : undefined));

  it("eight that begin together open one in the end, and all hear what comes", async () => {
    for (let i = 0; i < 8; i++) page();
    await eventually(() => streams.size > 0);
    await wait(300);
    expect(streams.size).to.equal(1);
    (await leader()).resync();
    (await leader()).changes("a");
    for (const { heard } of pages) await eventually(() => heard.join() === "resync,a" || undefined);
  });

  it("one that comes later is told at once to read everything", async () => {
    page();
    (await leader()).resync();
    const late = page();
    await eventually(() => late.heard.join() === "resync" || undefined);
    await wait(200);
    expect([late.heard, streams.size]).to.deep.equal([["resync"], 1]);
  });

  it("another one leads when the first goes, and everything is read then", async () => {
    const first = page();
    (await leader()).resync();
    const second = page();
    await eventually(() => second.heard.length === 1);
    first.stream.close();
    expect(streams.size).to.equal(0);
    (await leader()).resync();
    expect(second.heard).to.deep.equal(["resync", "resync"]);
  });

  it("another one leads when the first is gone without a word", async () => {
    const killed = new BroadcastChannel(name);
    const one = page();
    killed.postMessage({ kind: "here", id: 0, isOpen: true });
    await eventually(() => one.heard.join() === "resync" || undefined);
    await wait(TIMING.answersWithinMs + TIMING.spreadMs);
    expect(streams.size, "it follows").to.equal(0);
    killed.close();
    (await leader()).resync();
    expect(one.heard).to.deep.equal(["resync", "resync"]);
  });

  it("trouble is heard by all, so that all ask by themselves meanwhile", async () => {
    page();
    (await leader()).resync();
    const second = page();
    await eventually(() => second.heard.length === 1);
    (await leader()).trouble();
    (await leader()).resync();
    await eventually(() => second.heard.join() === "resync,trouble,resync" || undefined);
  });
});
