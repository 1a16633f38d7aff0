// What a service says once it listens: a few lines for people, or one log line.
import { relative } from "node:path";
import type { Logger } from "../log.ts";
import type { StartedSource, StartReport } from "./ports.ts";

export function reportLines(report: StartReport): string[] {
  const lines = [`Jobmount listens on ${report.url}`, ...report.sources.map(sourceLine)];
  if (report.loading) lines.push("  loading   goes on: jobs that take long come as they load");
  for (const text of report.orphaned) lines.push(`  warning   ${text}`);
  lines.push(`  database  ${report.database}`);
  for (const { job, sentence } of report.schedulesCreated) {
    lines.push(`  created the schedule that ${job} suggests: ${sentence}`);
  }
  if (report.token !== null) {
    lines.push(
      "",
      "Open the page and sign in, once, within ten minutes:",
      "",
      `  ${report.signInUrl}`,
      "",
      "A fresh link at any time: npx jobmount sign-in",
      "",
      "An admin token for programs, shown this once:",
      "",
      `  export JOBMOUNT_TOKEN=${report.token}`,
      `  curl -s -H "Authorization: Bearer $JOBMOUNT_TOKEN" ${report.url}/api/v1/jobs`,
    );
  } else {
    lines.push("  a sign-in link: npx jobmount sign-in");
  }
  return lines;
}

/** The same as one log line. The token is not in it: logs are kept and read by others. */
export function reportLog(report: StartReport, log: Logger): void {
  const { url, socketPath, sources, loading, database, schedulesCreated } = report;
  log.info({ url, socketPath, sources, loading, database, schedulesCreated }, "listening");
  if (report.token !== null) {
    log.info({}, "first start: make a token with `jobmount token create`, or a link with `jobmount sign-in`");
  }
}

function sourceLine(source: StartedSource): string {
  const path = shortPath(source.path);
  const named = source.name === "default" ? path : `${path} (${source.name})`;
  if (source.state === "missing") return `  watches   ${named}: not there yet, jobs load when it appears`;
  if (source.state === "unavailable")
    return `  watches   ${named}: unavailable, the last good versions serve`;
  const errors = source.errors === 0 ? "" : `, ${source.errors} with an error: npx jobmount validate`;
  return `  watches   ${named}: ${source.jobs} ${source.jobs === 1 ? "job" : "jobs"} loaded${errors}`;
}

/** Relative when that is shorter, as the person who started it would write it. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") || short === "" ? path : `./${short}`;
}
