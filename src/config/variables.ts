// The table of every setting: its variable, kind, default and note. Config, docs and `config print` come from here.
import { availableParallelism } from "node:os";
import {
  addressList,
  basePath,
  database,
  directory,
  duration,
  host,
  integer,
  keyRing,
  type Kind,
  oneOf,
  plainText,
  size,
  sources,
  textOf,
  timeZone,
  userName,
  watchMode,
  webAddress,
  yesNo,
} from "./values.ts";

export interface Variable<T> {
  name: string;
  kind: Kind<T>;
  /** Text that is read like a given one; null when there is no default and the value is then null. */
  fallback: string | null;
  /** What documents show as default, where it is not the text itself. */
  fallbackNote?: string;
  note: string;
  secret: boolean;
}

type Extra = { secret?: boolean; fallbackNote?: string };

function setting<T>(name: string, kind: Kind<T>, fallback: string, note: string, extra: Extra = {}) {
  const variable: Variable<T> = { name, kind, fallback, note, secret: false, ...extra };
  return variable;
}

/** A setting that may stay away: its value is then null. */
function optional<T>(name: string, kind: Kind<T>, note: string, extra: Extra = {}) {
  const variable: Variable<T | null> = { name, kind, fallback: null, note, secret: false, ...extra };
  return variable;
}

const cores = availableParallelism();

// Timers of Node end at 2^31 ms (24.8 days): a longer job timeout would fire at once.
const LONGEST_TIMER = "24d";

export const variables = {
  sources: setting(
    "EXTERNAL_TASKS_PATH",
    sources,
    "./external_tasks",
    "the folder of jobs, or several as `name=path,name=path`",
  ),
  taskDatabase: setting(
    "TASK_DATABASE_URL",
    database,
    "sqlite:./data/jobmount.db",
    "where jobs, schedules and runs are kept: `sqlite:<file>` or `mysql://user:pass@host:3306/db`",
    { secret: true },
  ),
  dataDatabase: setting(
    "DATA_DATABASE_URL",
    database,
    "sqlite:./data/data.db",
    "the database that jobs write to; given only to jobs that declare it in `env`",
    { secret: true },
  ),
  databaseWaitMs: setting(
    "JOBMOUNT_DATABASE_WAIT",
    duration("0ms", "10m"),
    "15s",
    "how long a start goes on trying a database server that does not answer",
  ),
  codeSchedules: setting(
    "JOBMOUNT_CODE_SCHEDULES",
    oneOf("suggest", "apply"),
    "suggest",
    "`apply` creates the schedules that jobs declare in code",
  ),
  depsHint: optional(
    "JOBMOUNT_DEPS_HINT",
    plainText,
    "the command that the error of a missing package shows",
  ),
  depsDir: optional(
    "JOBMOUNT_DEPS_DIR",
    directory,
    "where `deps install` puts the packages of tasks, and where the service finds them",
    { fallbackNote: "`deps` beside the SQLite file" },
  ),
  filesDir: optional("JOBMOUNT_FILES_DIR", directory, "where the jobs' `dataDir` folders lie", {
    fallbackNote: "`files` beside the SQLite file",
  }),
  sourceConcurrency: optional(
    "JOBMOUNT_SOURCE_CONCURRENCY",
    integer(1, 10_000),
    "most attempts at a time of one source in this process",
    { fallbackNote: "no cap" },
  ),
  host: setting("HOST", host, "127.0.0.1", "the address to listen on; containers set 0.0.0.0"),
  port: setting("PORT", integer(0, 65_535), "3000", "the port to listen on; 0 takes a free one"),
  concurrency: setting(
    "JOBMOUNT_CONCURRENCY",
    integer(1, 1000),
    String(Math.max(4, 2 * cores)),
    "attempts at a time in this process",
    { fallbackNote: "twice the cores, at least 4" },
  ),
  secretKeys: optional(
    "JOBMOUNT_SECRET_KEY",
    keyRing,
    "encrypts secret params; several are a key ring, the newest first: with commas between them, in its file also one a line",
    { secret: true, fallbackNote: "made beside the SQLite file; required for MySQL" },
  ),
  adminToken: optional(
    "JOBMOUNT_ADMIN_TOKEN",
    textOf(32),
    "an admin token known beforehand, for automation; without it the first start prints one",
    { secret: true },
  ),
  timeZone: setting("JOBMOUNT_TIME_ZONE", timeZone, "UTC", "the zone of schedules that name none"),
  watch: setting(
    "JOBMOUNT_WATCH",
    watchMode,
    "auto",
    "how changes of the task folders are noticed; with an interval if wanted: `poll:2s`",
  ),
  rescanMs: setting(
    "JOBMOUNT_RESCAN",
    duration("1s", "1h"),
    "10s",
    "how often every task folder is looked at as a whole, whatever events told or did not tell",
  ),
  onUnavailable: setting(
    "JOBMOUNT_SOURCE_UNAVAILABLE",
    oneOf("serve", "skip"),
    "serve",
    "while the folder of a source is away: `serve` runs the last good versions, `skip` skips the fires",
  ),
  staleAfterMs: setting(
    "JOBMOUNT_STALE_AFTER",
    duration("1m", "365d"),
    "7d",
    "how long a job whose code does not load may go on with its last good version before the log warns of it",
  ),
  onStale: setting(
    "JOBMOUNT_STALE_THEN",
    oneOf("serve", "hold"),
    "serve",
    "what then: `serve` goes on with the last good version, `hold` skips its fires until it loads",
  ),
  jobTimeoutMs: setting(
    "JOBMOUNT_JOB_TIMEOUT",
    duration("100ms", LONGEST_TIMER),
    "1h",
    "how long an attempt of a job without its own `timeout` may take",
  ),
  graceMs: setting(
    "JOBMOUNT_GRACE",
    duration("0ms", "1h"),
    "10s",
    "from the abort signal to SIGTERM when an attempt is cancelled or timed out",
  ),
  drainTimeoutMs: setting(
    "JOBMOUNT_DRAIN_TIMEOUT",
    duration("0ms", "1d"),
    "30s",
    "how long a stopping service waits for its attempts",
  ),
  heartbeatMs: setting("JOBMOUNT_HEARTBEAT", duration("50ms", "5m"), "5s", "how often a lease is renewed"),
  leaseMs: setting(
    "JOBMOUNT_LEASE",
    duration("200ms", "1h"),
    "30s",
    "silence after which an attempt counts as lost; at least three heartbeats",
  ),
  sweepMs: setting("JOBMOUNT_SWEEP", duration("50ms", "5m"), "5s", "how often lost attempts are looked for"),
  jobMemoryBytes: setting(
    "JOBMOUNT_JOB_MEMORY",
    size("32MiB", "1024GiB"),
    "512MiB",
    "per attempt, everything counted, not only the heap, over all its processes",
  ),
  jobUser: optional(
    "JOBMOUNT_JOB_USER",
    userName,
    "whom jobs run as when the service runs as root; a user of their own that nothing else uses",
    { fallbackNote: "the service's own user" },
  ),
  jobProcesses: setting(
    "JOBMOUNT_JOB_PROCESSES",
    integer(1, 30_000),
    "64",
    "per attempt, processes at a time, the job's own among them",
  ),
  logMaxBytes: setting(
    "JOBMOUNT_LOG_MAX",
    size("16KiB", "1GiB"),
    "10MiB",
    "kept of the log of one run, over all its attempts: text, fields, and 64 bytes for each line",
  ),
  retentionRunsMs: setting(
    "JOBMOUNT_RETENTION_RUNS",
    duration("1m", "36500d"),
    "90d",
    "how long finished runs are kept",
  ),
  retentionLogsMs: setting(
    "JOBMOUNT_RETENTION_LOGS",
    duration("1m", "36500d"),
    "30d",
    "how long logs are kept",
  ),
  retentionRunsPerJob: setting(
    "JOBMOUNT_RETENTION_RUNS_PER_JOB",
    integer(1, 10_000_000),
    "10000",
    "most finished runs kept of one job; the last success and the last failure always stay",
  ),
  retentionAuditMs: setting(
    "JOBMOUNT_RETENTION_AUDIT",
    duration("1m", "36500d"),
    "365d",
    "how long the audit log is kept",
  ),
  retentionAuditRows: setting(
    "JOBMOUNT_RETENTION_AUDIT_ROWS",
    integer(1, 1_000_000_000),
    "1000000",
    "most rows kept of the audit log",
  ),
  publicUrl: optional("JOBMOUNT_PUBLIC_URL", webAddress, "the address that links in texts and notices use", {
    fallbackNote: "where it listens",
  }),
  basePath: setting(
    "JOBMOUNT_BASE_PATH",
    basePath,
    "/",
    "the path prefix under which a reverse proxy shows the page and REST, taken off by it or not",
  ),
  trustedProxies: optional(
    "JOBMOUNT_TRUSTED_PROXIES",
    addressList,
    "proxies whose X-Forwarded headers are believed",
    { fallbackNote: "none" },
  ),
  logLevel: setting(
    "JOBMOUNT_LOG_LEVEL",
    oneOf("debug", "info", "warn", "error"),
    "info",
    "least level of the service's own log",
  ),
  logFormat: setting(
    "JOBMOUNT_LOG_FORMAT",
    oneOf("auto", "json", "text"),
    "auto",
    "`auto` is text on a terminal and JSON lines elsewhere",
  ),
  url: optional("JOBMOUNT_URL", webAddress, "for the command line: the service to talk to"),
  token: optional("JOBMOUNT_TOKEN", textOf(8), "for the command line: its token", { secret: true }),
  requireServices: setting(
    "JOBMOUNT_REQUIRE_SERVICES",
    yesNo,
    "0",
    "for the tests of Jobmount itself: a left-out suite fails",
  ),
} satisfies Record<string, Variable<unknown>>;

export type Field = keyof typeof variables;

/** The typed value of every setting, by field. */
export type Settings = {
  readonly [F in Field]: (typeof variables)[F] extends Variable<infer T> ? T : never;
};
