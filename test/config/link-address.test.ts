import { expect } from "chai";
import { linkAddress } from "../../src/config/link-address.ts";

describe("the address that printed links begin with", () => {
  const config = { publicUrl: null, host: "127.0.0.1", port: 3000, basePath: "" };
  for (const [host, address] of [
    ["127.0.0.1", "http://127.0.0.1:3000"],
    ["0.0.0.0", "http://127.0.0.1:3000"],
    ["::", "http://[::1]:3000"],
    ["fd00::5", "http://[fd00::5]:3000"],
    ["jobs.example.test", "http://jobs.example.test:3000"],
  ] as const)
    it(`of a service that listens at ${host} is ${address}`, () => {
      expect(linkAddress({ ...config, host })).to.equal(address);
    });

  it("has the port that was really taken, and the base path", () => {
    expect(linkAddress({ ...config, port: 0, basePath: "/jobs" }, 40123)).to.equal(
      "http://127.0.0.1:40123/jobs",
    );
  });

  it("is the public one where there is one", () => {
    const publicUrl = "https://jobs.example.com";
    expect(linkAddress({ ...config, publicUrl, host: "0.0.0.0" }, 40123)).to.equal(publicUrl);
  });
});
