// `jobmount versions`: the versions of a job's code, their source, what changed, and which one is to serve.
import type { Command } from "commander";
import type { SourceFile } from "../catalog/job-versions.ts";
import { changeText, type ParamChange } from "../catalog/param-changes.ts";
import { patchText, type VersionDifference } from "../catalog/version-diff.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { fetchJob, jobPath, type Page, type RemoteJob } from "./remote.ts";
import { needServer, type Server } from "./server.ts";
import { printable, table } from "./terminal.ts";

interface RemoteVersion {
  hash: string;
  declared: string | null;
  serves: boolean;
  pinned: boolean;
  loadedAt: string;
  revision: string | null;
  paramChanges: ParamChange[] | null;
}

const JOB = "the job: billing.sync-orders, or source:key";
const VERSION = "its hash, or at least 7 digits of it; the version that serves unless given";

export function define(command: Command, context: CliContext): void {
  defineLooks(command, context);
  defineDifference(command, context);
  definePins(command, context);
}

function defineLooks(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("list")
    .argument("<key>", JOB)
    .description("the versions of a job, the last loaded first")
    .option("--limit <n>", "at most so many (50, at most 200)")
    .option("--json", "as JSON, with everything")
    .action(async (key: string, { limit, json }: { limit?: string; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      await fetchJob(server, key, signal);
      const { data, page } = await versionsOf(server, key, limit, signal);
      if (json) return terminal.json(data);
      if (data.length === 0) return terminal.say(`${key} has no version yet: it has never loaded.`);
      terminal.data(table([HEAD, ...data.map(row)]));
      if (page.hasMore) terminal.say("There are more: raise --limit.");
    });
  command
    .command("source")
    .argument("<key>", JOB)
    .argument("[version]", VERSION)
    .description("the source of a version, file after file")
    .option("--file <path>", "only this file, as the heads of all show it")
    .option("--json", "as JSON, with the hash of each file")
    .action(async (key: string, version: string | undefined, options: { file?: string; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const hash = version ?? servingOf(await fetchJob(server, key, signal));
      const path = `${versionPath(key, hash)}/source`;
      const told = (await server.ask("GET", path, { signal })).body as { files: SourceFile[] };
      if (options.json) return terminal.json(told);
      const shown = (text: string) => (terminal.dataLive ? printable(text) : text).replace(/\n$/, "");
      if (options.file !== undefined) {
        const text = await textOf(server, path, fileNamed(told.files, options.file), signal);
        return terminal.data(shown(text));
      }
      for (const file of told.files) {
        terminal.data(`==> ${printable(file.path)} (${file.role}, ${file.bytes} bytes) <==`);
        terminal.data(
          file.text === null ? "(not shown: no text, too large, or of a package)" : shown(file.text),
        );
      }
    });
}

function defineDifference(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("diff")
    .argument("<key>", JOB)
    .argument("[from]", "the hash of a version, or at least 7 digits of it; the one before <to> unless given")
    .argument("[to]", VERSION)
    .description("what changed from one version to another: params, other fields, and a patch of the files")
    .option("--json", "as JSON")
    .action(
      async (key: string, from: string | undefined, to: string | undefined, options: { json?: boolean }) => {
        const server = await needServer(context, settings(context));
        const job = await fetchJob(server, key, signal);
        const newer = to ?? servingOf(job);
        const older = from ?? (await versionBefore(server, key, newer, signal));
        const path = `${versionPath(key, older)}/diff/${encodeURIComponent(newer)}`;
        const told = (await server.ask("GET", path, { signal })).body as VersionDifference;
        if (options.json) return terminal.json(told);
        for (const change of told.params) terminal.say(printable(`param ${changeText(change)}`));
        for (const { field, from: old, to: now } of told.fields)
          terminal.say(
            printable(`${field}: ${JSON.stringify(old) ?? "none"} -> ${JSON.stringify(now) ?? "none"}`),
          );
        const patch = patchText(told).replace(/\n$/, "");
        if (patch === "") terminal.say("Their files are the same.");
        else terminal.data(terminal.dataLive ? printable(patch) : patch);
      },
    );
}

function definePins(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("pin")
    .argument("<key>", JOB)
    .argument("[version]", VERSION)
    .description("keep a version serving, whatever the folder holds, until unpin")
    .option("--json", "print the job as JSON")
    .action(async (key: string, version: string | undefined, { json }: { json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const body = { version: version ?? servingOf(await fetchJob(server, key, signal)) };
      const job = (await server.ask("POST", `${jobPath(key)}/pin`, { body, signal })).body as RemoteJob;
      if (json) return terminal.json(job);
      terminal.say(`${key} is pinned to ${short(servingOf(job))}, whatever its folder holds`);
      terminal.say(`to release it: npx jobmount versions unpin ${key}`);
    });
  command
    .command("unpin")
    .argument("<key>", JOB)
    .description("release a pinned job: what its folder holds serves at once")
    .option("--json", "print the job as JSON")
    .action(async (key: string, { json }: { json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const job = (await server.ask("POST", `${jobPath(key)}/unpin`, { signal })).body as RemoteJob;
      if (json) return terminal.json(job);
      terminal.say(`${key} serves what its folder holds: ${short(servingOf(job))}`);
    });
}

const HEAD = ["VERSION", "LOADED", "DECLARED", "COMMIT", "NOW", "PARAMS CHANGED"];
const SHORT = 10;

function row(version: RemoteVersion): string[] {
  return [
    short(version.hash),
    version.loadedAt.replace(/\.\d+Z$/, "Z"),
    printable(version.declared ?? "-"),
    version.revision === null ? "-" : short(version.revision),
    version.pinned ? "serves, pinned" : version.serves ? "serves" : "-",
    version.paramChanges?.length ? printable(version.paramChanges.map(changeText).join("; ")) : "-",
  ];
}

function short(hash: string): string {
  return hash.slice(0, SHORT);
}

function versionPath(key: string, hash: string): string {
  return `${jobPath(key)}/versions/${encodeURIComponent(hash)}`;
}

async function versionsOf(server: Server, key: string, limit: string | undefined, signal: AbortSignal) {
  const query = limit === undefined ? "" : `?${new URLSearchParams({ limit })}`;
  return (await server.ask("GET", `${jobPath(key)}/versions${query}`, { signal }))
    .body as Page<RemoteVersion>;
}

/** The one that was loaded last before this one. */
async function versionBefore(
  server: Server,
  key: string,
  hash: string,
  signal: AbortSignal,
): Promise<string> {
  const { data } = await versionsOf(server, key, "200", signal);
  const at = data.findIndex((one) => one.hash.startsWith(hash));
  const before = at < 0 ? undefined : data[at + 1];
  if (before) return before.hash;
  const none = `${key} has no version that was loaded before ${short(hash)}`;
  throw new CliError(EXIT.refused, `${none}. npx jobmount versions list ${key} shows those that are kept.`);
}

function servingOf({ key, version, loadState }: RemoteJob): string {
  if (version !== null) return version.hash;
  throw new CliError(
    EXIT.refused,
    `${key} has no version that serves (it is ${loadState}). npx jobmount jobs says why.`,
  );
}

/** One that is too large to be shown with the others is asked for by itself. */
async function textOf(server: Server, path: string, file: SourceFile, signal: AbortSignal): Promise<string> {
  const text = file.text ?? (await server.text(`${path}?file=${encodeURIComponent(file.path)}`, signal));
  if (!text.includes("\0")) return text;
  const what = `"${file.path}" is no text: ${file.bytes} bytes with the hash ${file.sha256}`;
  throw new CliError(
    EXIT.refused,
    `${what}. It lies in the folder of the job, as the version was loaded from it.`,
  );
}

function fileNamed(files: readonly SourceFile[], path: string): SourceFile {
  const file = files.find((one) => one.path === path);
  if (file) return file;
  const known = files.map((one) => one.path).join(", ");
  throw new CliError(EXIT.refused, `"${path}" is not a file of this version; it has ${known}.`);
}
