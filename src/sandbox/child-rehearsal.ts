// A spare has time: the way of an attempt is gone once with nothing on it, since each step costs most the first time.
import { fileURLToPath } from "node:url";
import { runAttempt } from "../sdk/attempt.ts";
import { contextOf, importBundle } from "./child-load.ts";
import { Outgoing } from "./child-out.ts";
import { mayFollow } from "./child-queue.ts";
import { encodeFrame, FrameDecoder } from "./frames.ts";
import { RestingState } from "./leftovers.ts";
import type { AttemptOrder, ToChild } from "./protocol.ts";
import { sealOf } from "./sealed.ts";

const BUNDLE = fileURLToPath(new URL("./rehearsal-job.js", import.meta.url));

/** `isOver`: an order has come meanwhile, and the rest is left. Between awaiting the import and its end no other can come. */
export async function rehearse(isOver: () => boolean): Promise<void> {
  const order = decoded(orderOf(sealOf(BUNDLE) ?? undefined));
  const { Job } = await importBundle(order);
  if (isOver()) return;
  const out = new Outgoing(order.outputBytes);
  mayFollow(BUNDLE);
  const resting = new RestingState();
  const { signal } = new AbortController();
  await runAttempt(
    Job,
    contextOf(order, signal, () => undefined),
  );
  resting.look();
  out.close();
}

/** As it would come from the service. */
function decoded(attempt: AttemptOrder): AttemptOrder {
  const start: ToChild = { t: "start", n: 0, queued: false, attempt };
  const [frame] = new FrameDecoder(1024 * 1024).push(encodeFrame(start));
  return (frame as Extract<ToChild, { t: "start" }>).attempt;
}

function orderOf(bundleSeal: string | undefined): AttemptOrder {
  const nothing = { fireAt: null, scheduleId: null, missed: null, onlyRecords: null };
  return {
    bundlePath: BUNDLE,
    bundleSeal,
    alone: false,
    filesDir: "/",
    resolveFrom: [],
    params: {},
    run: { id: "", attempt: 0, trigger: "manual", ...nothing },
    tempDir: "/",
    dataDir: "/",
    state: [],
    secretForms: [],
    env: {},
    resultSchema: null,
    outputBytes: 1,
  };
}
