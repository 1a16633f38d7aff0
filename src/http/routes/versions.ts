// Routes of versions: what a job ran and runs, its source, what changed, and which version is to serve.
import { ExpectedError } from "../../errors.ts";
import type { CatalogEntry } from "../../catalog/version.ts";
import { patchText } from "../../catalog/version-diff.ts";
import type { VersionFacts } from "../../catalog/history.ts";
import { paramChanges } from "../../catalog/param-changes.ts";
import type { Call } from "../context.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { PinBody } from "../dto/version-bodies.ts";
import { PAGE_QUERY } from "../paging.ts";
import { presentDifference, presentSource, presentVersion, presentVersionWhole } from "../present/version.ts";
import { text } from "../query.ts";
import { list, ok, type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { viewJob } from "../job-views.ts";
import { callJob } from "./job-call.ts";

type AnyRequest = Call<object, object>;

const SORT = "loadedAt";
const JOB = `${BASE}/jobs/:key`;

export const versionRoutes = [
  route({
    method: "GET",
    path: `${JOB}/versions`,
    role: "viewer",
    summary: "The versions of a job, the last loaded first, each with what changed in its params",
    query: PAGE_QUERY,
    replies: { 200: "VersionList" },
    async handle(call) {
      const { deps, query } = call;
      const entry = callJob(call);
      const after = placeOf(decodeCursor(query.cursor, SORT));
      const found = await deps.versions.list(entry.source, entry.key, query.limit + 1, after);
      const page = found.slice(0, query.limit);
      const hasMore = found.length > page.length;
      const last = page.at(-1);
      const next = hasMore && last ? encodeCursor(SORT, `${last.loadedAt}:${last.hash}`) : null;
      const shown = page.map((version, index) => {
        const before = found[index + 1];
        return presentVersion(version, entry, before ? paramChanges(before.spec, version.spec) : null);
      });
      return list(shown, { next, hasMore });
    },
  }),
  route({
    method: "GET",
    path: `${JOB}/versions/:hash`,
    role: "viewer",
    summary: "One version: spec, list of files with their hashes, needed packages, revision of the source",
    replies: { 200: "Version" },
    async handle(call) {
      const entry = callJob(call);
      return ok(presentVersionWhole(await versionOf(call, entry, "hash"), entry, call.deps.params));
    },
  }),
  route({
    method: "GET",
    path: `${JOB}/versions/:hash/source`,
    role: "viewer",
    summary: "The source of a version; with file one of its files as it is",
    query: { file: text("Path of one file, as the list shows it") },
    replies: { 200: "VersionSource" },
    formats: { "text/plain": null },
    async handle(call) {
      const { deps, query } = call;
      const version = await versionOf(call, callJob(call), "hash");
      if (query.file === undefined) return ok(presentSource(version, await deps.versions.source(version)));
      const bytes = Buffer.from(await deps.versions.file(version, query.file));
      // As plain text whatever it is: a browser must never run what a tenant mounted.
      return { status: 200, text: bytes.toString("utf8"), type: "text/plain; charset=utf-8" };
    },
  }),
  route({
    method: "GET",
    path: `${JOB}/versions/:a/diff/:b`,
    role: "viewer",
    summary: "What changed from one version to another; JSON, or by Accept text/x-diff as one patch",
    replies: { 200: "VersionDiff" },
    formats: { "text/x-diff": null, "text/plain": null },
    async handle(call) {
      const entry = callJob(call);
      const [from, to] = await Promise.all([versionOf(call, entry, "a"), versionOf(call, entry, "b")]);
      const difference = await call.deps.versions.difference(from, to);
      if (call.format() !== "application/json")
        return { status: 200, text: patchText(difference), type: "text/x-diff; charset=utf-8" };
      return ok(presentDifference(difference, from.spec, to.spec));
    },
  }),
  route({
    method: "POST",
    path: `${JOB}/pin`,
    role: "editor",
    summary: "Keeps a version serving, whatever the folder holds, until unpin",
    body: PinBody,
    replies: { 200: "Job" },
    async handle(call) {
      const entry = callJob(call);
      const { hash } = await call.deps.versions.one(entry.source, entry.key, call.body.version);
      return jobReply(call, await call.deps.serving.pin(entry.source, entry.key, hash, call.idempotency));
    },
    replay: (call) => jobReply(call, callJob(call)),
  }),
  route({
    method: "POST",
    path: `${JOB}/unpin`,
    role: "editor",
    summary: "Releases a pinned job: what its folder holds serves at once",
    replies: { 200: "Job" },
    async handle(call) {
      const { source, key } = callJob(call);
      return jobReply(call, await call.deps.serving.unpin(source, key, call.idempotency));
    },
    replay: (call) => jobReply(call, callJob(call)),
  }),
  route({
    method: "POST",
    path: `${JOB}/reload`,
    role: "operator",
    summary: "Looks at the job's folder now, and answers the job when it is loaded or has failed",
    replies: { 200: "Job" },
    async handle(call) {
      const { source, key } = callJob(call);
      return jobReply(call, await call.deps.serving.reload(source, key));
    },
    replay: (call) => jobReply(call, callJob(call)),
  }),
];

function versionOf({ deps, params }: AnyRequest, entry: CatalogEntry, name: string): Promise<VersionFacts> {
  return deps.versions.one(entry.source, entry.key, params[name] ?? "");
}

async function jobReply({ deps }: AnyRequest, entry: CatalogEntry): Promise<Reply> {
  return ok(await viewJob(deps, entry));
}

/** The page's last version, as a cursor says it. */
function placeOf(id: string | undefined): { loadedAt: number; hash: string } | undefined {
  if (id === undefined) return undefined;
  const match = /^(\d{1,15}):([0-9a-f]{1,64})$/.exec(id);
  if (match) return { loadedAt: Number(match[1]), hash: match[2]! };
  throw new ExpectedError(400, "cursor", "The cursor is not one of ours. Take page.next of the last answer.");
}
