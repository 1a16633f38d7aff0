import { expect } from "chai";
import { presentSource } from "../../src/http/present/job.ts";

describe("a source as it is shown", () => {
  const away = {
    name: "acme",
    path: "/srv/acme/tasks",
    state: "unavailable" as const,
    detail: "/srv/acme/tasks does not exist",
    watcher: "off" as const,
    lastChangeAt: null,
  };

  it("tells where it is mounted to those alone who may see the whole installation", () => {
    expect(presentSource(away, true, null)).to.include({ path: away.path, detail: away.detail });
    const shown = presentSource(away, false, null);
    expect(shown.detail).to.equal("its folder does not exist");
    expect(JSON.stringify(shown)).not.to.include("/srv");
    expect(presentSource({ ...away, detail: undefined }, false, null).detail).to.equal(null);
  });
});
