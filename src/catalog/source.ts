// One source in time: hints and scans decide which tasks are brought up to date, and when.
import { join } from "node:path";
import type { Clock, Instant } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { SourceState, SourceStatus } from "./change.ts";
import type { LoadQueue } from "./load-queue.ts";
import { mayPass } from "./load-problem.ts";
import { identityOf, statOrNull } from "./signature.ts";
import { RootWatch } from "./root-watch.ts";
import { scanSource, type Finding, type Scan } from "./scan.ts";
import type { Settler } from "./settle.ts";
import { BUILT_IN, type CatalogSource, type Pace, type Watching } from "./source-options.ts";
import { Task } from "./task.ts";
import { below, folderOf, type TreePath } from "./tree.ts";
import { addressOf } from "./version.ts";

export interface SourceOptions {
  location: CatalogSource;
  watch: Watching;
  pace: Pace;
  settler: Settler;
  queue: LoadQueue;
  clock: Clock;
  log: Logger;
  onStatus(status: SourceStatus): void;
}

/** Hints are gathered, but no longer than this before a load begins. */
const MAX_GATHER_MS = 60;
const SCAN_AFTER_MS = 10;
/** chokidar tells one change of a file in 50 ms and drops the others, also the last one. */
const DROPPED_WITHIN_MS = 60;
const MISSED_AFTER_MS = 500;

export class Source {
  readonly tasks = new Map<string, Task>();
  findings: { finding: Finding; since: Instant }[] = [];
  private state: SourceState = "missing";
  private reason: string | null = null;
  private scannedAt: Instant | null = null;
  private changedAt: Instant | null = null;
  private readonly folders = new Map<TreePath, string>();
  private readonly root: RootWatch;
  private readonly armed = new Map<Task, { timer: NodeJS.Timeout; since: number }>();
  private readonly trailing = new Map<Task, NodeJS.Timeout>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private scanTimer: { timer: NodeJS.Timeout; at: number } | null = null;
  private scanning: Promise<void> = Promise.resolve();
  private rehashedAt: number;
  private told = "";
  private stopped = false;

  constructor(private readonly options: SourceOptions) {
    const { location, watch, clock, log } = options;
    this.rehashedAt = clock.monotonic();
    this.root = new RootWatch({
      path: location.path,
      watch: watch.mode,
      clock,
      log,
      onHint: (path, kind) => this.hint(path, kind === "names"),
      onReady: () => this.scanSoon(0),
    });
  }

  get name(): string {
    return this.options.location.name;
  }

  status(): SourceStatus {
    const { name, path } = this.options.location;
    const { mode, missedEvents } = this.root;
    const reason = this.reason ?? this.root.reason;
    const { state, scannedAt, changedAt } = this;
    return { name, path, state, reason, mode, scannedAt, changedAt, missedEvents };
  }

  /** Resolves after the first scan; what it found is then in the queue. */
  async start(): Promise<void> {
    await this.scan();
    if (this.options.watch.mode === "off") return;
    this.every(this.options.pace.rootMs, async () => {
      if (await this.root.refresh()) this.scanSoon(0);
    });
    this.every(
      () => (this.root.mode === "poll" ? this.options.watch.intervalMs : this.options.pace.rescanMs),
      () => this.scan(),
    );
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const { timer } of this.armed.values()) clearTimeout(timer);
    for (const timer of [...this.timers, ...this.trailing.values()]) clearTimeout(timer);
    if (this.scanTimer) clearTimeout(this.scanTimer.timer);
    await this.root.close();
    await this.scanning;
  }

  /** Scans now and looks at every task; one scan after the other. */
  scan(asked = false): Promise<void> {
    this.scanning = this.scanning
      .then(() => this.scanOnce(true, asked))
      .catch((error: unknown) => this.failed(error));
    return this.scanning;
  }

  /** Brings one task up to date when its turn in the queue comes. */
  settle(task: Task): void {
    this.options.queue.push(addressOf(task.source, task.key), async () => {
      const look = this.root.look;
      if (this.stopped || this.state !== "available" || !look?.there) return;
      const { again, unannounced } = await this.options.settler.settle(task, look.real);
      if (again !== null) this.after(again, () => this.lookAgain(task));
      if (unannounced !== null) this.unannounced(task, unannounced);
    });
  }

  private hint(path: TreePath, names: boolean): void {
    const now = this.options.clock.monotonic();
    this.changedAt = this.options.clock.now();
    for (const task of this.tasks.values()) {
      if (!task.concerns(path, names)) continue;
      task.changedAt = task.hintedAt = now;
      task.hinted = true;
      this.arm(task, now);
    }
    if (names) this.scanSoon(SCAN_AFTER_MS);
    else void this.checkFolders(path);
  }

  /** A folder that was removed and made anew within a tick is told as changed files only, and deaf from then on. */
  private async checkFolders(path: TreePath): Promise<void> {
    const look = this.root.look;
    for (let folder = folderOf(path); folder !== "" && look?.there; folder = folderOf(folder)) {
      const stats = await statOrNull(join(look.real, folder));
      if (stats && this.folders.has(folder) && this.folders.get(folder) !== identityOf(stats))
        this.scanSoon(0);
    }
  }

  private arm(task: Task, now: number): void {
    const armed = this.armed.get(task);
    const since = armed?.since ?? now;
    if (armed && now - since > MAX_GATHER_MS) return;
    if (armed) clearTimeout(armed.timer);
    const timer = setTimeout(() => {
      this.armed.delete(task);
      if (task.present === true) this.settle(task);
    }, this.options.pace.quietMs);
    this.armed.set(task, { timer, since });
    clearTimeout(this.trailing.get(task));
    this.trailing.set(
      task,
      setTimeout(() => {
        this.trailing.delete(task);
        task.hinted = true;
        this.settle(task);
      }, DROPPED_WITHIN_MS),
    );
  }

  /** A scan for new and vanished tasks; the sooner of two wishes counts. */
  private scanSoon(ms: number): void {
    const at = this.options.clock.monotonic() + ms;
    if (this.stopped || (this.scanTimer && this.scanTimer.at <= at)) return;
    if (this.scanTimer) clearTimeout(this.scanTimer.timer);
    const timer = setTimeout(() => {
      this.scanTimer = null;
      this.scanning = this.scanning
        .then(() => this.scanOnce(false, false))
        .catch((error: unknown) => this.failed(error));
    }, ms);
    this.scanTimer = { timer, at };
  }

  private async scanOnce(everything: boolean, asked: boolean): Promise<void> {
    const known = this.scannedAt !== null;
    await this.root.refresh();
    if (this.stopped) return;
    const look = this.root.look;
    if (!look?.there) return this.withoutRoot(look?.reason ?? "", look?.exists ?? false);
    const scan = await scanSource(look.real);
    if (this.stopped) return;
    if (scan.empty && this.name !== BUILT_IN && this.tasks.size > 0) {
      return this.become("unavailable", `${this.options.location.path} is empty: is the volume mounted?`);
    }
    const returned = this.state !== "available";
    this.become("available", null);
    this.scannedAt = this.options.clock.now();
    this.compareFolders(scan);
    this.compareFindings(scan);
    if (everything && this.options.clock.monotonic() - this.rehashedAt > this.options.pace.rehashMs) {
      this.rehashedAt = this.options.clock.monotonic();
      for (const task of this.tasks.values()) task.distrust = true;
    }
    this.compareTasks(scan, { known, all: everything || returned, asked });
    this.become("available", null);
  }

  private withoutRoot(reason: string, exists: boolean): void {
    if (this.name === BUILT_IN) {
      this.compareTasks(NOTHING, { known: true, all: false, asked: false });
      return this.become("available", null);
    }
    this.become(exists || this.tasks.size > 0 ? "unavailable" : "missing", reason);
  }

  private compareTasks(scan: Scan, how: { known: boolean; all: boolean; asked: boolean }): void {
    const now = this.options.clock.monotonic();
    for (const key of scan.tasks) {
      let task = this.tasks.get(key);
      if (!task) this.tasks.set(key, (task = new Task(this.name, key)));
      const isNew = task.present !== true;
      if (isNew && (how.known || task.present === false)) task.changedAt = now;
      task.present = true;
      if (how.asked && task.entry?.loadError && mayPass(task.entry.loadError.code)) task.force = true;
      if (isNew || how.all) this.settle(task);
    }
    for (const task of this.tasks.values()) {
      if (scan.tasks.has(task.key) || scan.unknown.some((path) => below(`/${path}`, `/${task.key}`) !== null))
        continue;
      if (task.present !== false) task.changedAt = how.known ? now : -Infinity;
      task.present = false;
      if (task.entry === null && !this.armed.has(task)) this.tasks.delete(task.key);
      else if (task.entry && task.entry.loadState !== "missing") this.settle(task);
    }
  }

  /** A folder that is another one under its old name is watched again, and looked at once more after that. */
  private compareFolders(scan: Scan): void {
    for (const [path, identity] of scan.folders) {
      const before = this.folders.get(path);
      this.folders.set(path, identity);
      if (before === undefined || before === identity || path === "") continue;
      this.root.rewatch(path);
      this.after(150, () => void this.scan());
    }
  }

  private compareFindings(scan: Scan): void {
    const now = this.options.clock.now();
    const since = new Map(
      this.findings.map(({ finding, since }) => [`${finding.problem.code} ${finding.path}`, since]),
    );
    this.findings = scan.findings.map((finding) => ({
      finding,
      since: since.get(`${finding.problem.code} ${finding.path}`) ?? now,
    }));
  }

  private lookAgain(task: Task): void {
    // Whether its folder is there at all, only a scan can tell.
    if (task.present === false || task.troubles > 0) this.scanSoon(0);
    if (task.present !== false) this.settle(task);
  }

  /** An event may be a moment late: only one that never comes was missed. */
  private unannounced(task: Task, path: TreePath): void {
    const found = this.options.clock.monotonic();
    this.changedAt = this.options.clock.now();
    this.after(MISSED_AFTER_MS, () => {
      if (task.hintedAt < found) this.root.missed(path);
    });
  }

  private become(state: SourceState, reason: string | null): void {
    this.state = state;
    this.reason = reason;
    const now = `${state} ${reason ?? ""} ${this.root.mode}`;
    if (now === this.told) return;
    this.told = now;
    this.options.onStatus(this.status());
  }

  private failed(error: unknown): void {
    this.options.log.error({ error, source: this.name }, "a source could not be scanned; it is tried again");
  }

  private after(ms: number, work: () => void): void {
    if (this.stopped) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }

  /** Again and again until the source stops; the next time counts from the end of the last. */
  private every(ms: number | (() => number), work: () => Promise<void>): void {
    this.after(typeof ms === "number" ? ms : ms(), () => {
      void work()
        .catch((error: unknown) => this.failed(error))
        .finally(() => this.every(ms, work));
    });
  }
}

const NOTHING: Scan = { tasks: new Set(), findings: [], folders: new Map(), empty: true, unknown: [] };
