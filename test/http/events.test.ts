import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { eventStream } from "../../src/http/event-stream.ts";
import { followLog } from "../../src/http/log-stream.ts";
import type { LogLine } from "../../src/runs/task-run.ts";
import { Face } from "../support/face.ts";
import { catalogEntry, OPEN_SPEC, taskRun } from "../support/http-doubles.ts";

/** A reader of server-sent events over a real connection. */
class Reader {
  text = "";
  ended = false;
  headers: Headers = new Headers();
  readonly #abort = new AbortController();

  async open(url: string, token: string, headers: Record<string, string> = {}): Promise<this> {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal: this.#abort.signal,
    });
    expect(response.status).to.equal(200);
    this.headers = response.headers;
    void (async () => {
      try {
        for await (const chunk of response.body!)
          this.text += Buffer.from(chunk as Uint8Array).toString("utf8");
      } catch {
        // Ended by close().
      }
      this.ended = true;
    })();
    return this;
  }

  close(): void {
    this.#abort.abort();
  }
}

describe("the stream of change notices", () => {
  const face = new Face();
  const readers: Reader[] = [];
  before(async () => {
    face.world.addSource("acme", catalogEntry("acme", "reports", { spec: OPEN_SPEC }));
    await face.start();
  });
  after(async () => {
    for (const reader of readers) reader.close();
    await face.stop();
  });
  const open = async (token: string, headers?: Record<string, string>) => {
    const reader = await new Reader().open(`${face.url}/api/v1/events`, token, headers);
    readers.push(reader);
    return reader;
  };

  it("begins with resync, also for who comes back, and tells what changed within a second", async () => {
    const reader = await open(face.tokens.viewer, { "last-event-id": "17" });
    await eventually(() => expect(reader.text).to.match(/^id: 0\nevent: resync\ndata: \{\}\n\n/));
    expect(reader.headers.get("content-type")).to.equal("text/event-stream; charset=utf-8");
    expect(reader.headers.get("x-accel-buffering")).to.equal("no");
    expect(reader.headers.get("content-encoding")).to.equal(null);
    await face.ask("POST", "/jobs/open/pause");
    await eventually(() =>
      expect(reader.text).to.include('"kind":"job","source":"default","id":"default:open"'),
    );
    expect(reader.text).to.match(/\nevent: changes\ndata: \{"changes":\[/);
  });

  it("names what was made by a trigger and a cancel: a run in its state, never less than its row told", async () => {
    const reader = await open(face.tokens.viewer);
    await eventually(() => expect(reader.text).to.include("resync"));
    const { json } = await face.ask("POST", "/jobs/default:open/runs", { body: {} });
    const id = String(json.id);
    const waiting = `{"kind":"run","source":"default","id":"${id}","job":"open","state":"queued"}`;
    await eventually(() => expect(reader.text).to.include(waiting));
    const hint = { kind: "run", source: "default", id, job: "open", state: "cancelled" } as const;
    const cancel = face.deps.runs.cancel.bind(face.deps.runs);
    face.deps.runs.cancel = async (...args: Parameters<typeof cancel>) => {
      const ended = await cancel(...args);
      // What the run's row says on its way.
      face.deps.changes.tell(hint);
      return { ...ended, state: "running" };
    };
    await face.ask("POST", `/runs/${id}/cancel`);
    face.deps.runs.cancel = cancel;
    await eventually(() => expect(reader.text).to.include(JSON.stringify(hint)));
    expect(reader.text).not.to.match(/"state":"(jobs\.|runs\.)/);
    expect(reader.text).not.to.include('"state":"running"');
  });

  it("one token keeps no more than fifty streams, so that it takes them from nobody else", async () => {
    const busy = await face.token({ role: "viewer" });
    const own = [];
    for (let i = 0; i < 50; i++) own.push(await open(busy));
    const refused = await face.ask("GET", "/events", { token: busy });
    expect([refused.status, refused.json.code]).to.deep.equal([503, "too_many_streams"]);
    expect(refused.headers.get("retry-after")).to.equal("1");
    await open(face.tokens.viewer);
    for (const reader of own) reader.close();
    await eventually(async () => (await open(busy)) !== undefined);
  });

  it("A2: a token of one source hears of that source alone", async () => {
    const own = await open(await face.token({ role: "viewer", sources: ["acme"] }));
    const all = await open(face.tokens.viewer);
    face.deps.changes.tell({
      kind: "run",
      source: "default",
      id: "run_theirs",
      job: "open",
      state: "failed",
    });
    for (let i = 0; i < 300; i++) face.deps.changes.tell({ kind: "run", source: "default", id: `run_${i}` });
    face.deps.changes.tell({ kind: "token", source: null, id: "tok_theirs" });
    face.deps.changes.tell({ kind: "source", source: null, id: "theirs" });
    face.deps.changes.tell({
      kind: "run",
      source: "acme",
      id: "run_own",
      job: "reports",
      state: "succeeded",
    });
    await eventually(() => expect(own.text).to.include("run_own"));
    expect(own.text).not.to.include("theirs");
    expect(own.text).not.to.include("default");
    expect(own.text.match(/event: resync/g), "nor that others had many").to.have.length(1);
    await eventually(() => expect(all.text.match(/event: resync/g)).to.have.length(2));
  });

  it("A2: its ids count what it was told, so that they do not tell how much others were", async () => {
    const own = await open(await face.token({ role: "viewer", sources: ["acme"] }));
    const all = await open(face.tokens.admin);
    await eventually(() => expect(all.text).to.include("resync"));
    for (const id of ["run_a", "run_b", "run_c"]) {
      face.deps.changes.tell({ kind: "run", source: "default", id });
      await eventually(() => expect(all.text).to.include(id));
    }
    face.deps.changes.tell({ kind: "run", source: "acme", id: "run_own" });
    await eventually(() => expect(own.text).to.include("run_own"));
    const later = await open(await face.token({ role: "viewer", sources: ["acme"] }));
    await eventually(() => expect(later.text).to.include("resync"));
    const idsOf = ({ text }: Reader) => (text.match(/^id: .*/gm) ?? []).map((line) => Number(line.slice(4)));
    const [first = NaN] = idsOf(own);
    expect(idsOf(own)).to.deep.equal([first, first + 1]);
    expect(idsOf(later)).to.deep.equal([first + 1]);
    expect(idsOf(all), "whoever may see all has them in order, too").to.deep.equal(
      idsOf(all).map((_id, n) => idsOf(all)[0]! + n),
    );
  });

  it("A2: notices of tokens go to those who may see tokens", async () => {
    const [viewer, admin] = [await open(face.tokens.viewer), await open(face.tokens.admin)];
    face.deps.changes.tell({ kind: "token", source: null, id: "tok_1", state: "tokens.create" });
    face.deps.changes.tell({ kind: "job", source: "default", id: "default:open" });
    await eventually(() => expect(admin.text).to.include("tok_1"));
    await eventually(() => expect(viewer.text).to.include("default:open"));
    expect(viewer.text).not.to.include("tok_1").and.not.to.include('"token"');
  });

  it("who may see one source hears that everything was paused or resumed, and no more of it", async () => {
    const own = await open(await face.token({ role: "viewer", sources: ["acme"] }));
    await face.ask("POST", "/scheduler/pause", { body: { reason: "the move of billing" } });
    await eventually(() =>
      expect(own.text).to.include('{"changes":[{"kind":"scheduler","source":null,"id":null}]}'),
    );
    await face.ask("POST", "/scheduler/resume");
    await eventually(() => expect(own.text.match(/"kind":"scheduler"/g)).to.have.length(2));
  });

  it("a hundred changes of one run come as one hint, and nothing is gathered while nobody listens", async () => {
    const reader = await open(face.tokens.viewer);
    await eventually(() => expect(reader.text).to.include("resync"));
    for (let i = 0; i < 100; i++)
      face.deps.changes.tell({ kind: "run", source: "default", id: "run_x", state: `s${i}` });
    await eventually(() => expect(reader.text).to.include("s99"));
    expect(reader.text.match(/run_x/g)).to.have.length(1);
  });

  it("a reader that goes is forgotten", async () => {
    for (const reader of readers) reader.close();
    await eventually(() => expect(face.deps.changes.listening).to.equal(0));
  });

  it("says every 15 s that it lives, and ends when its reader may not read it any more", async () => {
    let allowed = true;
    const { stream, sink } = eventStream({ stillAllowed: () => Promise.resolve(allowed), heartbeatMs: 5 });
    let ended = 0;
    sink.onEnd(() => ended++);
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await eventually(() => expect(text.match(/: still here\n\n/g)!.length).to.be.at.least(3));
    allowed = false;
    await eventually(() => expect([sink.open, ended]).to.deep.equal([false, 1]));
  });

  it("a reader that does not read is cut off before it costs more than a few megabytes", () => {
    const { stream, sink } = eventStream({ stillAllowed: () => Promise.resolve(true) });
    const data = "x".repeat(64 * 1024);
    for (let i = 0; i < 100; i++) sink.send({ data });
    expect(stream.destroyed).to.equal(true);
  });

  it("a token that was revoked, or narrowed, does not hold", async () => {
    const token = await face.token({ role: "viewer" });
    const principal = (await face.deps.access.authenticate(token))!;
    expect(await face.deps.access.stillHolds(principal)).to.equal(true);
    expect(await face.deps.access.stillHolds({ ...principal, sources: ["acme"] })).to.equal(false);
    await face.ask("DELETE", `/tokens/${principal.id}`);
    expect(await face.deps.access.stillHolds(principal)).to.equal(false);
  });

  it("the log of a long run waits for a slow reader, who gets every line", async () => {
    const lines = Array.from({ length: 3_000 }, (_, i): LogLine => {
      const text = `${i} ${"x".repeat(2_000)}`;
      return { seq: i + 1, time: 0, level: "info", stream: "log", attempt: 1, text };
    });
    face.world.lines.set("run_long", lines);
    face.world.runs.push(taskRun({ id: "run_long", state: "succeeded" }));
    const { stream, sink } = eventStream({ stillAllowed: () => Promise.resolve(true) });
    const done = followLog(sink, {
      runId: "run_long",
      after: 0,
      wanted: () => true,
      queries: face.deps.runQueries,
      followers: face.world.followers,
      draining: () => false,
    });
    // It has begun to wait before anybody reads.
    await eventually(() => expect(stream.writableNeedDrain).to.equal(true));
    expect(stream.writableLength + stream.readableLength).to.be.below(4_000_000);
    let text = "";
    for await (const chunk of stream) text += (chunk as Buffer).toString();
    await done;
    expect(text.match(/^id: /gm)).to.have.length(3_000);
    expect(text).to.match(/event: end\ndata: \{"state":"succeeded"/);
    expect(face.world.followers.none).to.equal(true);
  });
});

describe("streams of a token that is revoked", () => {
  // No heartbeat comes to their help.
  const face = new Face((deps) => ({ ...deps, eventHeartbeatMs: 600_000 }));
  before(async () => {
    await face.start();
    face.world.runs.push(taskRun({ id: "run_1", jobKey: "open", state: "running", startedAt: 1 }));
  });
  after(() => face.stop());

  it("A2: end, the change notices and a followed log alike, and nobody follows any more", async () => {
    const token = await face.token({ role: "viewer" });
    const open = (path: string) =>
      fetch(`${face.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    const streams = await Promise.all([open("/events"), open("/runs/run_1/logs/stream")]);
    expect(streams.map(({ status }) => status)).to.deep.equal([200, 200]);
    await eventually(() => expect(face.world.followers.size).to.equal(1));
    const principal = (await face.deps.access.authenticate(token))!;
    await face.ask("DELETE", `/tokens/${principal.id}`);
    const texts = await Promise.all(streams.map((stream) => stream.text()));
    expect(texts[1]).to.include("retry: 1000").and.not.to.include("event: end");
    await eventually(() => expect(face.world.followers.none).to.equal(true));
  });

  it("A2: end with their token when its time is over", async () => {
    const token = await face.token({ role: "viewer", expiresAt: face.deps.clock.now() + 1_500 });
    const began = performance.now();
    const stream = await fetch(`${face.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(stream.status).to.equal(200);
    await stream.text();
    expect(performance.now() - began).to.be.within(1_000, 4_000);
  });

  it("A2: end at the sign-out of their session, and those of another session of the same token go on", async () => {
    const sign = async () => {
      const { headers } = await face.ask("POST", "/session", { token: face.tokens.viewer });
      return headers.get("set-cookie")!.split(";")[0]!;
    };
    const open = (cookie: string) => fetch(`${face.url}/api/v1/events`, { headers: { cookie } });
    const [one, other] = [await sign(), await sign()];
    const [ends, stays] = await Promise.all([open(one), open(other)]);
    let over = false;
    void stays.text().then(
      () => (over = true),
      () => (over = true),
    );
    const out = await face.ask("DELETE", "/session", {
      token: null,
      headers: { cookie: one, origin: face.url },
    });
    expect(out.status).to.equal(204);
    await ends.text();
    expect(over).to.equal(false);
  });
});
