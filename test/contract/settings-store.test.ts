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

  it("lets one of many begin what is done once, and nobody after it was finished, also after a restart", async function () {
    this.timeout(60_000);
    const url = await databases.freshUrl();
    const one = await openDatabase({ url });
    await migrate(one);
    const stores = Array.from({ length: 8 }, () => new SettingsStore(one));
    const asked = await Promise.all(stores.map((store) => store.begin("once", 60_000)));
    expect(asked.filter(Boolean)).to.have.length(1);
    await Promise.all(stores.map((store) => store.finish("once")));
    expect(await one.read.all("SELECT 1 FROM settings WHERE value LIKE 'begun%'")).to.deep.equal([]);
    await one.close();
    const two = await openDatabase({ url });
    expect(await new SettingsStore(two).begin("once", 0)).to.equal(false);
    await two.close();
  });

  it("leaves to one other what was begun and given back, or not finished in time", async () => {
    const database = await databases.fresh();
    const [gone, next, last] = [0, 1, 2].map(() => new SettingsStore(database));
    expect(await gone!.begin("once", 60_000)).to.equal(true);
    expect(await next!.begin("once", 60_000), "under way").to.equal(false);
    // As if it had begun long ago: with a bound of no time the slower of two would find the faster one's stale as well.
    await next!.set("once", "begun:1000:gone");
    const taken = await Promise.all([next!, last!].map((store) => store.begin("once", 60_000)));
    expect(taken, "stale").to.have.members([true, false]);
    const [winner, other] = taken[0] ? [next!, last!] : [last!, next!];
    await gone!.finish("once");
    await gone!.giveBack("once");
    expect(await other.begin("once", 60_000), "another one's, which the first cannot end").to.equal(false);
    await winner.giveBack("once");
    expect(await other.begin("once", 60_000), "given back").to.equal(true);
  });
});
