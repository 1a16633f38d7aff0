// One source in time: hints and scans decide which tasks are brought up to date, and when.
import type { Instant } from "../clock.ts";
import type { SourceState, SourceStatus } from "./change.ts";
import { Findings } from "./findings.ts";
import { mayPass } from "./load-problem.ts";
import { KeptSignatures } from "./kept-signatures.ts";
import { RootWatch } from "./root-watch.ts";
import { emptyScan, type FolderNames, scanSource, type Scan } from "./scan.ts";
import { BUILT_IN, type SourceOptions } from "./source-options.ts";
import { Task } from "./task.ts";
import { below, type TreePath } from "./tree.ts";
import { HintedTasks, Polls, Timers } from "./timers.ts";
import { addressOf } from "./version.ts";

/** How the tasks of a scan are compared with those before. */
interface Compared {
  /** It is not the first scan. */
  known: boolean;
  /** Tasks that may have changed, and those that surely did not. */
  doubtful: ReadonlySet<Task>;
  same: ReadonlySet<Task>;
  /** Somebody asked for it: errors that may pass are tried again. */
  asked: boolean;
}

const SCAN_AFTER_MS = 10;
const MISSED_AFTER_MS = 500;

export class Source {
  readonly tasks = new Map<string, Task>();
  readonly findings: Findings;
  private state: SourceState = "missing";
  private reason: string | null = null;
  /** Identity of the root that was scanned last. */
  private scannedRoot = "";
  private scannedAt: Instant | null = null;
  private changedAt: Instant | null = null;
  /** Handed to each scan, which then reads only folders whose times changed. */
  private readonly names: FolderNames = new Map();
  private readonly root: RootWatch;
  private readonly timers = new Timers();
  private readonly hinted: HintedTasks;
  private nextScan: { timer: NodeJS.Timeout | null; at: number } | null = null;
  private fullScan: NodeJS.Timeout | null = null;
  private scanning: Promise<void> = Promise.resolve();
  private readonly signatures: KeptSignatures;
  private namesUntil = 0;
  private readonly polls = new Polls();
  private told = "";
  private stopped = false;

  constructor(private readonly options: SourceOptions) {
    const { location, watch, clock, log, signaturesFile: file } = options;
    const { rehashMs } = options.pace;
    const { tasks, timers } = this;
    this.signatures = new KeptSignatures({ file, rehashMs, tasks, timers, clock, log });
    this.findings = new Findings(this.timers, this.tasks, options.onFound);
    this.hinted = new HintedTasks(this.timers, options.pace.quietMs, (task) => {
      if (task.present === false) return;
      task.hinted = true;
      this.settle(task);
    });
    this.root = new RootWatch({
      path: location.path,
      watch: watch.mode,
      clock,
      log,
      onHint: (path, kind, isEvent) => this.hint(path, kind === "names", isEvent),
      onReady: () => {
        void this.scan();
        this.scanLater();
      },
    });
  }

  get name(): string {
    return this.options.location.name;
  }

  get isAvailable(): boolean {
    return this.state === "available";
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
    this.timers.every(
      () => this.options.pace.rootMs,
      async () => {
        if (await this.root.refresh(true)) this.scanSoon(0);
      },
    );
    this.scanLater();
  }

  /** The next full scan; asked again when the mode has changed, since polling does not wait so long. */
  private scanLater(): void {
    const { pace, watch } = this.options;
    this.timers.clear(this.fullScan);
    const isPolled = this.root.mode === "poll";
    const ms = isPolled
      ? this.polls.next(watch.intervalMs, pace.rescanMs)
      : this.polls.nextBesideEvents(pace.rescanMs);
    const scan = () => this.polls.measure(() => this.scan());
    this.fullScan = this.timers.after(ms, () => void scan().then(() => this.scanLater()));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timers.stop();
    const hasEvents = this.root.mode === "events";
    await this.root.close();
    await this.scanning;
    if (hasEvents) await this.signatures.save();
  }

  /** Scans now and looks at every task; one scan after the other. */
  scan(asked = false): Promise<void> {
    return this.queueScan(true, asked);
  }

  /** Brings one task up to date when its turn in the queue comes. */
  settle(task: Task): void {
    void task.underWay.doubt();
    this.options.queue.push(task.source, addressOf(task.source, task.key), async (written) => {
      const look = this.root.look;
      if (this.stopped || this.state !== "available" || !look?.there || !this.options.mayPublish()) return;
      const { again, unannounced } = await this.options.settler.settle(task, look.real, written);
      if (again !== null) this.timers.after(again, () => this.lookAgain(task));
      if (unannounced !== null) this.unannounced(task, unannounced);
      if (this.root.mode === "events") this.signatures.saveSoon();
    });
  }

  private hint(path: TreePath, names: boolean, isEvent: boolean): void {
    const now = this.options.clock.monotonic();
    this.changedAt = this.options.clock.now();
    for (const task of this.tasks.values()) {
      if (!task.concerns(path, names)) continue;
      task.changedAt = now;
      if (isEvent) task.hintedAt = now;
      task.hinted = true;
      this.hinted.add(task, now);
    }
    if (names) this.scanSoon(SCAN_AFTER_MS);
  }

  /** A scan for new and vanished tasks; the sooner of two wishes counts. */
  private scanSoon(ms: number): void {
    const at = this.options.clock.monotonic() + ms;
    if (this.stopped || (this.nextScan && this.nextScan.at <= at)) return;
    this.timers.clear(this.nextScan?.timer);
    const timer = this.timers.after(ms, () => {
      this.nextScan = null;
      void this.queueScan(false, false);
    });
    this.nextScan = { timer, at };
  }

  /** One after the other; none rejects. */
  private queueScan(everything: boolean, asked: boolean): Promise<void> {
    this.scanning = this.scanning
      .then(() => this.scanOnce(everything, asked))
      .catch((error: unknown) => {
        this.options.log.error(
          { error, source: this.name },
          "a source could not be scanned; it is tried again",
        );
      });
    return this.scanning;
  }

  private async scanOnce(everything: boolean, asked: boolean): Promise<void> {
    const known = this.scannedAt !== null;
    await this.root.refresh();
    if (this.stopped) return;
    const look = this.root.look;
    if (!look?.there) return this.withoutRoot(look?.reason ?? "", look?.exists ?? false);
    if (this.root.mode !== "events" && this.options.clock.monotonic() > this.namesUntil) {
      // Where no event tells of a folder, its times may not tell either.
      this.names.clear();
      this.namesUntil = this.options.clock.monotonic() + this.options.pace.rescanMs;
    }
    const scan = await scanSource(look.real, this.names);
    // Where no event tells of a change, times may not tell either: such files are read at every start.
    if (!known && this.root.mode === "events") await this.signatures.restore();
    if (this.stopped) return;
    if (scan.empty && this.name !== BUILT_IN && this.tasks.size > 0) {
      return this.become("unavailable", `${this.options.location.path} is empty: is the volume mounted?`);
    }
    if (scan.unknown.includes("")) {
      return this.become("unavailable", `${this.options.location.path} cannot be read`);
    }
    const isOther = this.state !== "available" || this.scannedRoot !== look.identity;
    this.become("available", null);
    this.scannedRoot = look.identity;
    this.scannedAt = this.options.clock.now();
    this.root.expect(scan.folders);
    // Folders come and go for as long as the service runs.
    if (this.names.size > scan.folders.size * 2 + 100) this.names.clear();
    this.findings.update(scan.findings, this.options.clock.now());
    if (known && everything && this.signatures.isRereadDue()) {
      this.names.clear();
      for (const task of this.tasks.values()) task.distrust = true;
    }
    const all = everything || isOther ? [...this.tasks.values()] : [];
    const doubtful = await this.options.settler.suspects(all, scan, look.real);
    const same = new Set(all.filter((task) => !doubtful.has(task)));
    this.compareTasks(scan, { known, doubtful, same, asked });
    this.become("available", null);
  }

  private withoutRoot(reason: string, exists: boolean): void {
    if (this.name === BUILT_IN) {
      this.compareTasks(emptyScan(), { known: true, doubtful: new Set(), same: new Set(), asked: false });
      return this.become("available", null);
    }
    this.become(exists || this.tasks.size > 0 ? "unavailable" : "missing", reason);
  }

  private compareTasks(scan: Scan, how: Compared): void {
    const now = this.options.clock.monotonic();
    for (const key of scan.tasks) {
      let task = this.tasks.get(key);
      if (!task) this.tasks.set(key, (task = new Task(this.name, key)));
      const isNew = task.present !== true;
      if (isNew && (how.known || task.present === false)) task.changedAt = now;
      task.present = true;
      if (how.asked && task.entry?.loadError && mayPass(task.entry.loadError.code)) task.force = true;
      const isKnown = how.same.has(task) && task.entry !== null && task.entry.loadState !== "missing";
      if ((isNew && !isKnown) || task.force || how.doubtful.has(task)) this.settle(task);
    }
    for (const task of this.tasks.values()) {
      if (scan.tasks.has(task.key) || scan.unknown.some((path) => below(`/${path}`, `/${task.key}`) !== null))
        continue;
      if (task.present !== false) task.changedAt = how.known ? now : -Infinity;
      task.present = false;
      if (task.entry === null && !this.hinted.has(task)) this.tasks.delete(task.key);
      else if (task.entry && task.entry.loadState !== "missing") this.settle(task);
    }
  }

  private lookAgain(task: Task): void {
    // Whether its folder is there at all, only a scan can tell.
    if (task.present === false || task.troubles > 0) this.scanSoon(0);
    if (task.present !== false) this.settle(task);
  }

  /** An event may be a moment late, or have come while the folder was still on its way: only one that never comes was missed. */
  private unannounced(task: Task, path: TreePath): void {
    const found = this.options.clock.monotonic();
    this.changedAt = this.options.clock.now();
    this.timers.after(MISSED_AFTER_MS, () => {
      if (task.hintedAt < found - MISSED_AFTER_MS) this.root.missed(path);
    });
  }

  private become(state: SourceState, reason: string | null): void {
    const was = this.told === "" ? null : this.state;
    this.state = state;
    this.reason = reason;
    const now = `${state} ${reason ?? ""} ${this.root.mode}`;
    if (now === this.told) return;
    this.told = now;
    this.options.onStatus(this.status(), was);
  }
}
