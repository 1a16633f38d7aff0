// The embedded database as a file: what lies on the disk once it is closed.
import { expect } from "chai";
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { SettingsStore } from "../../src/db/settings-store.ts";

describe("an SQLite file that was closed", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "jobmount-sqlite-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("holds everything by itself: nothing is left in the log beside it, which a copy of the file would miss", async () => {
    const path = join(folder, "jobmount.db");
    const database = await openDatabase({ url: `sqlite:${path}` });
    await migrate(database);
    const settings = new SettingsStore(database);
    await settings.set("kept", "yes");
    expect(await settings.get("kept"), "with a reader").to.equal("yes");
    await database.close();
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).to.equal(0);
    const copy = join(folder, "copy.db");
    copyFileSync(path, copy);
    const opened = new Libsql(copy);
    expect(opened.prepare("SELECT value FROM settings WHERE name = 'kept'").get()).to.include({
      value: "yes",
    });
    opened.close();
  });
});
