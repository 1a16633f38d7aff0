// SettingsStore on every database.
import { expect } from "chai";
import { openDatabase } from "../../src/db/open.ts";
import { migrate } from "../../src/db/open.ts";
import { SettingsStore } from "../../src/db/settings-store.ts";
import { onEveryDatabase } from "../support/databases.ts";

onEveryDatabase("SettingsStore", (databases) => {
  it("keeps a value, overwrites it, and knows what was never set", async () => {
    const store = new SettingsStore(await databases.fresh());
    expect(await store.get("name")).to.equal(undefined);
    await store.set("name", "one 🛰");
    await store.set("name", "two");
    await store.set("Name", "three");
    expect(await store.get("name")).to.equal("two");
    expect(await store.get("name ")).to.equal(undefined);
  });

  it("is the first start exactly once, also for many that ask at once, also after a restart", async function () {
    this.timeout(60_000);
    const url = await databases.freshUrl();
    const one = await openDatabase({ url });
    await migrate(one);
    const asked = await Promise.all(Array.from({ length: 8 }, () => new SettingsStore(one).firstStart()));
    expect(asked.filter(Boolean)).to.have.length(1);
    await one.close();
    const two = await openDatabase({ url });
    expect(await new SettingsStore(two).firstStart()).to.equal(false);
    await two.close();
  });
});
