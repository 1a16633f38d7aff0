// The model of a run's log: lines by number, looks, searches, heights.
import { expect } from "chai";
import { plainText, spansOf } from "../../../ui/src/log/ansi.ts";
import { Heights, windowOf } from "../../../ui/src/log/heights.ts";
import { finderOf, markSpans } from "../../../ui/src/log/highlight.ts";
import { type FollowListener, LogStore } from "../../../ui/src/log/log-store.ts";
import { LogBuffer, PAGE_LINES } from "../../../ui/src/log/log-buffer.ts";
import { droppedBefore, type Line, lineOf } from "../../../ui/src/log/line.ts";
import { fragmentOf, rangeAfterClick, rangeOf } from "../../../ui/src/log/line-link.ts";
import { firstFind, nextFind, positionOf, SeqIndex } from "../../../ui/src/log/seq-index.ts";
import { elapsedText, stampOf } from "../../../ui/src/log/stamps.ts";

const ESC = "\u001b";
const line = (seq: number, text = `line ${seq}`, level: Line["level"] = "info"): Line => ({
  seq,
  time: seq,
  level,
  stream: "log",
  attempt: 1,
  text,
});
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => line(from + i));

describe("the look of a log line", () => {
  it("reads colours and weights, and ends them with their codes", () => {
    expect(spansOf(`a${ESC}[1;31mred${ESC}[22mthin${ESC}[0mz`)).to.deep.equal([
      { text: "a", look: {} },
      { text: "red", look: { bold: true, colour: "red" } },
      { text: "thin", look: { colour: "red" } },
      { text: "z", look: {} },
    ]);
    expect(spansOf(`${ESC}[94;103mx${ESC}[39my`).map(({ look }) => look)).to.deep.equal([
      { colour: "bright-blue", ground: "bright-yellow" },
      { ground: "bright-yellow" },
    ]);
  });

  it("brings 256 colours and true colours to the nearest of sixteen", () => {
    const colour = (codes: string) => spansOf(`${ESC}[${codes}mx`)[0]!.look.colour;
    expect(colour("38;5;9")).to.equal("bright-red");
    expect(colour("38;5;196")).to.equal("bright-red");
    expect(colour("38;2;0;128;0")).to.equal("green");
    expect(colour("38:2:20:20:20")).to.equal("black");
    expect(colour("38;5;250")).to.equal("white");
    expect(colour("38;5;999")).to.equal(undefined);
    expect(colour("38")).to.equal(undefined);
  });

  it("shows what a terminal would obey, and what would turn the text around, by name", () => {
    expect(plainText(`a${ESC}[2Jb\rc\u0000\u202ed\ud800`)).to.equal("a\\ESC[2Jb\\CRc\\NUL\\u202ed\\ud800");
    expect(plainText("tab\tgrün 漢字 😀")).to.equal("tab\tgrün 漢字 😀");
    expect(spansOf("a\u0007b").map(({ control }) => control)).to.deep.equal([undefined, true, undefined]);
  });

  it("marks finds over several pieces, as text and without regard to case", () => {
    const spans = spansOf(`one ${ESC}[1mTwo${ESC}[0m three (x`);
    const marked = markSpans(spans, finderOf("e two T"));
    expect(marked.map(({ text, marked }) => (marked ? `<${text}>` : text))).to.deep.equal([
      "on",
      "<e >",
      "<Two>",
      "< t>",
      "hree (x",
    ]);
    expect(marked[2]!.look).to.deep.equal({ bold: true });
    expect(markSpans(spans, finderOf("(X")).at(-1)).to.include({ text: "(x", marked: true });
    expect(markSpans(spans, finderOf(".*"))).to.deep.equal(spans);
    expect(finderOf("")).to.equal(undefined);
  });

  it("shows fields behind the text, and knows the mark of dropped lines", () => {
    const api = { seq: 1, time: "2027-01-31T00:00:00Z", level: "warn", stream: "log", attempt: 1 } as const;
    expect(lineOf({ ...api, text: "x", fields: { a: 1 } }).text).to.equal('x {"a":1}');
    const mark = lineOf({
      ...api,
      text: "[jobmount] 12 lines (34 bytes) were dropped here: a run keeps 10 bytes of log",
    });
    expect(droppedBefore(mark)).to.deep.equal({ lines: 12, bytes: 34 });
    expect(droppedBefore({ ...mark, stream: "stdout" })).to.equal(undefined);
  });
});

describe("the lines of a log", () => {
  it("asks for the last page first, each page once, and takes what does not come for not there", () => {
    const buffer = new LogBuffer();
    buffer.grow(2_500);
    const ask = buffer.missingPage(1, buffer.count)!;
    expect(ask).to.deep.equal({ page: 2, after: 2_000, limit: PAGE_LINES });
    buffer.asking(ask.page);
    expect(buffer.missingPage(2_400, 2_500)).to.equal(undefined);
    buffer.answered(ask, lines(2_001, 2_400));
    expect(buffer.at(2_001)!.text).to.equal("line 2001");
    expect(buffer.at(2_450)).to.equal(null);
    expect(buffer.missingPage(1, 2_500)!.page).to.equal(1);
  });

  it("asks again for a page that failed, and for a last page that has grown", () => {
    const buffer = new LogBuffer();
    buffer.grow(10);
    const ask = buffer.missingPage(1, 10)!;
    buffer.asking(ask.page);
    buffer.failed(ask.page);
    expect(buffer.missingPage(1, 10)).to.deep.equal(ask);
    buffer.answered(ask, lines(1, 10));
    expect(buffer.missingPage(1, 10)).to.equal(undefined);
    buffer.grow(12);
    expect(buffer.missingPage(1, 12)).to.deep.equal(ask);
  });

  it("keeps filters and searches up as lines come in at both ends", () => {
    const buffer = new LogBuffer();
    buffer.put([line(3, "an Error", "error"), line(4, "fine"), line(5, "error again")]);
    const errors = new SeqIndex(buffer, ({ text }) => /error/i.test(text));
    expect(errors.sync()).to.deep.equal([3, 5]);
    buffer.put([line(6, "third error")]);
    expect(errors.sync()).to.deep.equal([3, 5, 6]);
    buffer.put([line(1, "first error"), line(2)]);
    expect(errors.sync()).to.deep.equal([1, 3, 5, 6]);
  });

  it("looks at each line once however many pages come, and again only at the page that has changed", () => {
    const buffer = new LogBuffer();
    const pages = 40;
    buffer.grow(pages * PAGE_LINES);
    let looks = 0;
    const index = new SeqIndex(buffer, ({ seq }) => {
      looks++;
      return seq % 500 === 0;
    });
    for (let page = pages - 1; page >= 0; page--) {
      buffer.put(lines(page * PAGE_LINES + 1, (page + 1) * PAGE_LINES));
      index.sync();
    }
    expect(looks).to.equal(pages * PAGE_LINES);
    expect(index.sync()).to.deep.equal(Array.from({ length: pages * 2 }, (_, i) => (i + 1) * 500));
    buffer.put(lines(pages * PAGE_LINES + 1, pages * PAGE_LINES + 10));
    index.sync();
    buffer.put(lines(pages * PAGE_LINES + 11, pages * PAGE_LINES + 20));
    index.sync();
    expect(looks).to.equal(pages * PAGE_LINES + 20);
  });

  it("ends its look when the time is over, says that more is to come, and goes on where it was", () => {
    const buffer = new LogBuffer();
    buffer.put(lines(1, 3_500));
    const index = new SeqIndex(buffer, ({ seq }) => seq % 1_000 === 7);
    expect(index.complete).to.equal(false);
    expect(index.sync(() => true)).to.deep.equal([7]);
    expect(index.complete).to.equal(false);
    expect(index.sync(() => true)).to.deep.equal([7, 1_007]);
    index.sync();
    expect([index.complete, index.sync().at(-1)]).to.deep.equal([true, 3_007]);
    buffer.put(lines(3_501, 3_502));
    expect(index.complete).to.equal(false);
  });

  it("goes from find to find and round", () => {
    expect(nextFind([3, 5, 9], 5, 1)).to.equal(9);
    expect(nextFind([3, 5, 9], 9, 1)).to.equal(3);
    expect(nextFind([3, 5, 9], 4, -1)).to.equal(3);
    expect(nextFind([3, 5, 9], 3, -1)).to.equal(9);
    expect(nextFind([3, 5, 9], 0, 1)).to.equal(3);
    expect(nextFind([], 4, 1)).to.equal(undefined);
    expect(positionOf([3, 5, 9], 10)).to.equal(3);
  });

  it("begins with the find that is nearest to what is in sight: upwards from the end", () => {
    const seqs = [3, 50, 90];
    expect(firstFind(seqs, { from: 40, to: 60, atEnd: false }, 1)).to.equal(50);
    expect(firstFind(seqs, { from: 50, to: 60, atEnd: false }, 1)).to.equal(50);
    expect(firstFind(seqs, { from: 60, to: 80, atEnd: false }, -1)).to.equal(50);
    expect(firstFind(seqs, { from: 80, to: 100, atEnd: true }, 1)).to.equal(90);
    expect(firstFind([], { from: 1, to: 9, atEnd: true }, 1)).to.equal(undefined);
  });

  it("takes in and searches 200,000 lines in little time", () => {
    const buffer = new LogBuffer();
    const start = process.cpuUsage();
    buffer.put(
      Array.from({ length: 200_000 }, (_, i) =>
        line(i + 1, `line ${i + 1} of a long log, with some text behind it`),
      ),
    );
    const found = new SeqIndex(buffer, ({ text }) => finderOf("99999 OF")!.test(text)).sync();
    const { user, system } = process.cpuUsage(start);
    expect(found).to.deep.equal([99_999, 199_999]);
    expect((user + system) / 1000).to.be.lessThan(3_000);
  });
});

describe("links to lines", () => {
  it("are read and written, in one order, and nothing else is taken for one", () => {
    expect(rangeOf("#L120")).to.deep.equal({ from: 120, to: 120 });
    expect(rangeOf("L140-L120")).to.deep.equal({ from: 120, to: 140 });
    for (const wrong of ["", "#L0", "#L1-", "#x", "#L1234567890", "#L5-L0"])
      expect(rangeOf(wrong)).to.equal(undefined);
    expect(fragmentOf({ from: 3, to: 3 })).to.equal("#L3");
    expect(fragmentOf({ from: 3, to: 8 })).to.equal("#L3-L8");
    expect(rangeAfterClick({ from: 5, to: 7 }, 3, true)).to.deep.equal({ from: 3, to: 7 });
    expect(rangeAfterClick({ from: 5, to: 7 }, 6, true)).to.deep.equal({ from: 5, to: 6 });
    expect(rangeAfterClick({ from: 5, to: 7 }, 3, false)).to.deep.equal({ from: 3, to: 3 });
  });
});

describe("times of log lines", () => {
  it("are off, on a clock, or since the start", () => {
    const time = Date.parse("2027-01-31T23:00:01.005Z");
    expect(stampOf(time, "off", 0, "UTC")).to.equal(undefined);
    expect(stampOf(time, "utc", 0, "Europe/Berlin")).to.equal("23:00:01.005Z");
    expect(stampOf(time, "local", 0, "Europe/Berlin")).to.equal("00:00:01.005");
    expect(stampOf(time, "elapsed", time - 62_003, "UTC")).to.equal("+1:02.003");
    expect(stampOf(time, "elapsed", null, "UTC")).to.equal("+?");
    expect(elapsedText(7_200_000)).to.equal("+2:00:00.000");
    expect(elapsedText(-5)).to.equal("-0.005");
  });
});

describe("heights of rows", () => {
  it("agree with adding them up one by one", () => {
    const heights = new Heights(20);
    heights.resize(3_000);
    const all = Array.from({ length: 3_000 }, () => 20);
    for (let i = 0; i < 500; i++) {
      const row = (i * 7919) % 3_000;
      const height = 20 + ((i * 31) % 5) * 20;
      expect(heights.set(row, height)).to.equal(height - all[row]!);
      all[row] = height;
    }
    let offset = 0;
    for (const [row, height] of all.entries()) {
      expect(heights.offsetOf(row)).to.equal(offset);
      expect(heights.rowAt(offset)).to.equal(row);
      expect(heights.rowAt(offset + height - 1)).to.equal(row);
      offset += height;
    }
    expect(heights.total).to.equal(offset);
    heights.resize(9_000);
    expect(heights.total).to.equal(offset + 6_000 * 20);
    heights.forget();
    expect(heights.total).to.equal(9_000 * 20);
  });

  it("draw what is in sight and a little beyond, however many rows there are", () => {
    const heights = new Heights(20);
    heights.resize(200_000);
    const { first, end } = windowOf(heights, 2_000_000, 600);
    expect([first, end]).to.deep.equal([100_000 - 12, 100_031 + 12]);
    expect(windowOf(heights, 99_999_999, 600).end).to.equal(200_000);
    expect(windowOf(new Heights(20), 0, 600)).to.deep.equal({ first: 0, end: 0 });
  });
});

describe("the store of a log", () => {
  function rig(count: number) {
    const frames: (() => void)[] = [];
    const asked: number[] = [];
    let listener: FollowListener | undefined;
    let stopped = 0;
    const store = new LogStore(
      {
        async page({ after, limit }) {
          asked.push(after);
          return lines(after + 1, Math.min(count, after + limit));
        },
        follow(_after, given) {
          listener = given;
          return { stop: () => void stopped++ };
        },
      },
      (act) => void frames.push(act),
    );
    const settle = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      for (const act of frames.splice(0)) act();
    };
    return {
      store,
      frames,
      asked,
      settle,
      stopped: () => stopped,
      tell: (given: Line[]) => listener!.lines(given),
      end: () => listener!.ended(),
    };
  }

  it("asks for what is looked at alone, and for all of it when it is searched", async () => {
    const { store, asked, settle } = rig(5_000);
    store.grow(5_000);
    expect(store.want(4_950, 5_000)).to.equal(true);
    await settle();
    expect(asked).to.deep.equal([4_000]);
    expect(store.want(4_950, 5_000)).to.equal(false);
    while (store.want(1, 5_000)) await settle();
    expect(asked.toSorted((a, b) => a - b)).to.deep.equal([0, 1_000, 2_000, 3_000, 4_000]);
    expect(store.buffer.held).to.equal(5_000);
  });

  it("asks for a page that failed after 1, 2, 5 s and so on, not in every frame, and at once when somebody says so", async () => {
    const asked: number[] = [];
    const waits: number[] = [];
    let later: (() => void) | undefined;
    let fails = true;
    const frames: (() => void)[] = [];
    const store = new LogStore(
      {
        async page({ after, limit }) {
          asked.push(after);
          if (fails) throw new Error("502");
          return lines(after + 1, after + limit);
        },
        follow: () => ({ stop: () => undefined }),
      },
      (act) => void frames.push(act),
      (ms, act) => {
        waits.push(ms);
        later = act;
        return () => (later = undefined);
      },
    );
    // As the page does: at each change it says again what it shows.
    store.listen(() => void store.want(1, 1_000));
    const settle = async (turns = 20) => {
      for (let turn = 0; turn < turns; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        for (const act of frames.splice(0)) act();
      }
    };
    store.grow(1_000);
    await settle();
    expect([asked.length, waits]).to.deep.equal([1, [1_000]]);
    expect(store.status.error?.message).to.equal("502");
    for (let n = 2; n <= 4; n++) {
      later!();
      await settle();
      expect(asked.length).to.equal(n);
    }
    expect(waits).to.deep.equal([1_000, 2_000, 5_000, 10_000]);
    store.again();
    await settle();
    expect(asked.length).to.equal(5);
    fails = false;
    later!();
    await settle();
    expect([asked.length, store.buffer.held, store.status.error]).to.deep.equal([6, 1_000, null]);
    store.stop();
    expect(store.status.live).to.equal("off");
  });

  it("tells of a thousand lines as of one change a frame", async () => {
    const { store, frames, settle, tell } = rig(0);
    let told = 0;
    store.listen(() => void told++);
    store.follow();
    for (let n = 1; n <= 1_000; n++) tell([line(n)]);
    expect(frames.length).to.equal(1);
    await settle();
    expect([told, store.buffer.count]).to.deep.equal([1, 1_000]);
  });

  it("ends following with the run, keeps the last lines, and can be followed again", async () => {
    const { store, settle, tell, end, stopped } = rig(0);
    store.follow();
    tell([line(1)]);
    end();
    await settle();
    expect([store.status.live, store.buffer.count, stopped()]).to.deep.equal(["off", 1, 1]);
    store.follow();
    expect(store.status.live).to.equal("live");
  });
});
