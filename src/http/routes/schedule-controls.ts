// Routes that take a schedule in hand: explain, pause, resume, skip the next fires, copy.
import { maySee } from "../../access/principal.ts";
import { notFound } from "../../errors.ts";
import { PauseBody, ResumeBody, SkipNextBody } from "../dto/control-bodies.ts";
import { CopyScheduleBody } from "../dto/schedule-bodies.ts";
import { presentExplanation } from "../present/explanation.ts";
import { presentEffect } from "../present/pause.ts";
import { text } from "../query.ts";
import { ok } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { answerTriggered, findRun } from "./run-replies.ts";
import {
  actorOf,
  type AnyRequest,
  createdReply,
  findSchedule,
  idOf,
  jobNamed,
  scheduleReply,
} from "./schedule-replies.ts";

/** The same request again: nothing is done, and the schedule is shown as it is by now. */
const asItIs = async (call: AnyRequest) => scheduleReply(call, await findSchedule(call, idOf(call)));

export const scheduleControlRoutes = [
  route({
    method: "GET",
    path: `${BASE}/schedules/:id/explain`,
    role: "viewer",
    summary: "Why it did, did not or will (not) run at an instant; also of a schedule that is deleted",
    query: { at: text('An instant, or a time on its own clock such as "yesterday 02:00"; now unless given') },
    replies: { 200: "Explanation" },
    async handle(call) {
      const { explain } = call.deps;
      const { id, source } = await explain.scheduleOf(idOf(call));
      if (!maySee(call.principal, source)) throw notFound(`There is no schedule "${id.slice(0, 64)}".`);
      return ok(presentExplanation(await explain.explain(id, call.query.at ?? "now")));
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules/:id/pause`,
    role: "operator",
    summary: "Nothing of it fires from now on, until `until` or until somebody resumes it",
    body: PauseBody,
    bodyOptional: true,
    replies: { 200: "Schedule" },
    async handle(call) {
      const { id } = await findSchedule(call, idOf(call));
      const { controls } = call.deps;
      return scheduleReply(call, await controls.pause(id, { ...call.body }, actorOf(call), call.idempotency));
    },
    replay: (call) => asItIs(call),
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules/:id/resume`,
    role: "operator",
    summary: "It fires again; what was due meanwhile stays skipped. dryRun says what would happen",
    body: ResumeBody,
    bodyOptional: true,
    replies: { 200: "ScheduleOrEffect" },
    async handle(call) {
      const { deps, body } = call;
      const { id } = await findSchedule(call, idOf(call));
      if (body.dryRun) return ok(presentEffect(await deps.controls.wouldResume(id, actorOf(call))));
      const resumed = await deps.controls.resume(id, body.reason, actorOf(call), call.idempotency);
      return scheduleReply(call, resumed);
    },
    replay: (call) => asItIs(call),
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules/:id/run`,
    role: "operator",
    summary: "One run of it now, with its params and policies, beside what it owes; also while it is paused",
    takes: ["Prefer"],
    audit: "after",
    replies: { 202: "Run" },
    async handle(call) {
      const { deps, principal, idempotency } = call;
      const schedule = await findSchedule(call, idOf(call));
      const actor = { type: principal.type, name: principal.name };
      return answerTriggered(call, await deps.runs.runNow(schedule, { actor, idempotency }));
    },
    async replay(call, id) {
      return answerTriggered(call, await findRun(call, id));
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules/:id/skip-next`,
    role: "operator",
    summary: "The next `count` fires are skipped; 0 takes that back",
    body: SkipNextBody,
    bodyOptional: true,
    replies: { 200: "Schedule" },
    async handle(call) {
      const { id } = await findSchedule(call, idOf(call));
      const { controls } = call.deps;
      return scheduleReply(
        call,
        await controls.skipNext(id, { ...call.body }, actorOf(call), call.idempotency),
      );
    },
    replay: (call) => asItIs(call),
  }),
  route({
    method: "POST",
    path: `${BASE}/schedules/:id/copy`,
    role: "editor",
    summary: "Makes one like it, paused; params that are secret are to be given again",
    body: CopyScheduleBody,
    bodyOptional: true,
    replies: { 201: "Schedule" },
    async handle(call) {
      const { job, ...fields } = call.body;
      const { id } = await findSchedule(call, idOf(call));
      const entry = (job ?? null) === null ? undefined : jobNamed(call, job!, "/job");
      const copy = await call.deps.controls.copy(
        id,
        {
          job: entry && { source: entry.source, jobKey: entry.key },
          fields,
          idempotency: call.idempotency,
        },
        actorOf(call),
      );
      return createdReply(call, copy);
    },
    async replay(call, id) {
      return createdReply(call, await findSchedule(call, id));
    },
  }),
];
