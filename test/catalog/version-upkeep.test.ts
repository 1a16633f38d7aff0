// The slow loop that lets go of old versions: it goes on after a fault, and a stop waits for what it is doing.
import { expect } from "chai";
import { letGoOfVersions, VERSIONS_KEPT, VersionUpkeep } from "../../src/app/version-upkeep.ts";
import { silentLogger } from "../../src/log.ts";
import { eventually } from "../support/eventually.ts";

describe("the upkeep of versions", () => {
  it("prunes what is beyond the kept ones, then the copies of what is not stored", async () => {
    const done: string[] = [];
    const history = {
      prune: (keep: number) => Promise.resolve(done.push(`prune ${keep}`) + 2),
      stored: (hashes: readonly string[]) => Promise.resolve(new Set(hashes.slice(1))),
    };
    const cache = {
      tidy: async (stored: (hashes: readonly string[]) => Promise<ReadonlySet<string>>) => {
        done.push(`tidy, keeps ${[...(await stored(["a", "b"]))].join(" ")}`);
        return 1;
      },
    };
    expect(await letGoOfVersions({ history, cache, log: silentLogger })).to.equal(3);
    expect(done).to.deep.equal([`prune ${VERSIONS_KEPT}`, "tidy, keeps b"]);
  });

  it("a stop waits for what runs, and nothing begins after it", async () => {
    let [begun, ended] = [0, 0];
    const history = {
      prune: async () => {
        begun++;
        await new Promise((resolve) => setTimeout(resolve, 50));
        ended++;
        throw new Error("the database is away");
      },
      stored: () => Promise.resolve(new Set<string>()),
    };
    const cache = { tidy: () => Promise.resolve(0) };
    const upkeep = new VersionUpkeep({ history, cache, log: silentLogger, firstMs: 1 });
    await upkeep.start();
    await eventually(() => begun === 1);
    await upkeep.stop();
    expect(ended).to.equal(1);
    await upkeep.stop();
    expect(begun).to.equal(1);
  });
});
