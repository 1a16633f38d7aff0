// Mounts as hosts and containers have them, in a mount namespace of the service's own; the tests need the right to mount.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { canRun } from "../support/left-out.ts";
import { KubeVolume } from "../support/kube-volume.ts";
import { Mounts, prints } from "../support/mounts.ts";
import { toolAvailable } from "../support/tool.ts";

/** Why no mounts can be made here, or null. */
function refused(): string | null {
  try {
    execFileSync("unshare", ["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    return null;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim();
  }
}

const why = refused();
const save = (mounts: Mounts, path: string, text: string): void =>
  mounts.write({ [`${path}/says/job.ts`]: prints(JSON.stringify(text)) });

describe("mounts", () => {
  before(function () {
    const what = "read-only binds, unmounting, mounts without events, no room for events";
    if (!canRun(what, why === null ? null : `the kernel refuses mounts here (${why})`)) this.skip();
  });

  onEveryDatabase(
    "R3, R4: after each change of a mount the next run prints the new text",
    function (databases) {
      let mounts: Mounts;
      let hasFuse = false;

      before(async function () {
        this.timeout(60_000);
        hasFuse = toolAvailable("bindfs", "a mount of the kind fuse");
        mounts = await Mounts.start({
          sources: ["readonly", "unmounted", "volume", "fuse"],
          database: await databases.freshUrl(),
          prepare: (made) => {
            for (const source of ["readonly", "unmounted", "fuse"]) save(made, `host/${source}`, "first");
            save(made, "volume", "first");
            for (const folder of ["host/volume", "volume/map"])
              mkdirSync(made.path(folder), { recursive: true });
          },
          mounts: [
            'mount --bind -o ro "$1/host/readonly" "$1/readonly"',
            'mount --bind -o ro "$1/host/unmounted" "$1/unmounted"',
            'mount --bind -o ro "$1/host/volume" "$1/volume/map"',
            ...(hasFuse ? ['bindfs -o ro "$1/host/fuse" "$1/fuse"'] : []),
          ].join("; "),
        });
      });
      after(async () => {
        // Its daemon would outlive the service.
        if (hasFuse) mounts?.inside("umount", "--lazy", mounts.path("fuse"));
        await mounts?.stop();
      });

      it("a read-only bind mount of a folder that somebody else writes", async () => {
        await mounts.prints("readonly:says", "first");
        expect(() => mounts.inside("touch", mounts.path("readonly/says/job.ts"))).to.throw(/Read-only/);
        for (const text of ["second", "third"]) {
          save(mounts, "host/readonly", text);
          await mounts.prints("readonly:says", text);
        }
        mounts.write({ "host/readonly/new/job.ts": prints('"new"') });
        await mounts.prints("readonly:new", "new");
        expect(await mounts.source("readonly")).to.include({ state: "available", watcher: "events" });
      });

      it("a volume that is unmounted, and mounted again with other code", async () => {
        await mounts.prints("unmounted:says", "first");
        mounts.inside("umount", mounts.path("unmounted"));
        const gone = await eventually(async () => {
          const source = await mounts.source("unmounted");
          return source.state === "unavailable" && source;
        });
        expect(gone.detail).to.contain("is the volume mounted?");
        expect(await mounts.printed("unmounted:says"), "last good goes on").to.equal("first");
        save(mounts, "host/unmounted", "second");
        mounts.inside("mount", "--bind", "-o", "ro", mounts.path("host/unmounted"), mounts.path("unmounted"));
        await mounts.prints("unmounted:says", "second");
        save(mounts, "host/unmounted", "third");
        await mounts.prints("unmounted:says", "third");
      });

      it("a ConfigMap that is mounted as one task directory of a source", async () => {
        const volume = new KubeVolume(mounts.path("host/volume"));
        for (const text of ["one", "two"]) {
          volume.write({
            "job.ts": prints("words", 'import { words } from "./words";'),
            "words.ts": `export const words = "${text}";`,
          });
          await mounts.prints("volume:map", text);
        }
      });

      it("a mount of a kind that tells of no changes is polled from the start", async function () {
        if (!hasFuse) this.skip();
        await mounts.prints("fuse:says", "first");
        const { watcher, detail } = await mounts.source("fuse");
        expect(watcher).to.equal("poll");
        expect(detail).to.contain("fuse");
        for (const text of ["second", "third"]) {
          save(mounts, "host/fuse", text);
          await mounts.prints("fuse:says", text);
        }
      });
    },
  );

  // It waits for two full scans, and no database has a part in it.
  it("R3: a mount that keeps silent is found out when two changes came without an event, and polled from then on", async function () {
    this.timeout(90_000);
    const mounts = await Mounts.start({
      sources: ["layers"],
      env: { JOBMOUNT_RESCAN: "5s" },
      prepare: (made) => {
        save(made, "host/lower", "first");
        mkdirSync(made.path("host/empty"), { recursive: true });
      },
      // Whoever writes into a layer tells nobody who watches the whole.
      mounts: 'mount -t overlay overlay -o "lowerdir=$1/host/lower:$1/host/empty" "$1/layers"',
    });
    try {
      await mounts.prints("layers:says", "first");
      expect(await mounts.source("layers")).to.include({ watcher: "events" });
      // One of them may come while the watch is set anew after the first, which proves nothing.
      for (const text of ["second", "third", "fourth"]) {
        save(mounts, "host/lower", text);
        await mounts.prints("layers:says", text, 30_000);
      }
      const source = await eventually(async () => {
        const now = await mounts.source("layers");
        return now.watcher === "poll" && now;
      }, 30_000);
      expect(source.detail).to.equal("two changes came without an event");
      for (const text of ["fifth", "sixth"]) {
        save(mounts, "host/lower", text);
        await mounts.prints("layers:says", text);
      }
    } finally {
      await mounts.stop();
    }
  });

  // Limits of the kernel are per user namespace, so nobody else is short of watches meanwhile.
  for (const [limit, room, means] of [
    ["max_inotify_instances", 0, /no file watchers are left/],
    ["max_inotify_watches", 6, /no file watches are left/],
  ] as const) {
    it(`R3: without room for file events (${limit}) the folder is polled, and that is said`, async function () {
      this.timeout(60_000);
      const mounts = await Mounts.start({
        sources: ["one"],
        prepare: (made) => {
          for (let i = 0; i < 10; i++) made.write({ [`one/job${i}/job.ts`]: prints('"first"') });
        },
        wrap: [
          ...["unshare", "--user", "--map-root-user", "sh", "-c"],
          `echo ${room} > /proc/sys/user/${limit}; exec "$@"`,
          "sh",
        ],
      });
      try {
        const source = await eventually(async () => {
          const now = await mounts.source("one");
          return now.watcher === "poll" && now;
        });
        expect(source.detail).to.match(means);
        for (const text of ["second", "third"]) {
          mounts.write({ "one/job7/job.ts": prints(JSON.stringify(text)) });
          await mounts.prints("one:job7", text);
        }
      } finally {
        await mounts.stop();
      }
    });
  }
});
