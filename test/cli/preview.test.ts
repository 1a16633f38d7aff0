import { expect } from "chai";
import { jobmount, tempFolder } from "./jobmount.ts";

describe("jobmount preview", () => {
  const cwd = tempFolder();

  it("says in words when it fires, and the next times in UTC and in the zone", async () => {
    const { code, stdout, stderr } = await jobmount(["preview", "30 2 * * *", "--tz", "Europe/Berlin"], {
      cwd,
    });
    expect(code, stderr).to.equal(0);
    expect(stderr.split("\n")[0]).to.match(/02:30/).and.to.include("Europe/Berlin");
    const lines = stdout.trim().split("\n");
    expect(lines).to.have.length(5);
    for (const line of lines) {
      expect(line).to.match(/^\d{4}-\d\d-\d\dT0[01]:30:00Z {2}\d{4}-\d\d-\d\dT(02:30|03:00):00\+0[12]:00$/);
    }
  });

  it("takes the zone of JOBMOUNT_TIME_ZONE when none is given, and says so", async () => {
    const env = { JOBMOUNT_TIME_ZONE: "Asia/Tokyo" };
    const { code, stdout, stderr } = await jobmount(["preview", "0 9 * * 1", "--count", "2", "--json"], {
      cwd,
      env,
    });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const preview = JSON.parse(stdout) as { timeZone: string; nextFires: { at: string; local: string }[] };
    expect(preview.timeZone).to.equal("Asia/Tokyo");
    expect(preview.nextFires).to.have.length(2);
    expect(preview.nextFires[0]!.at).to.match(/T00:00:00Z$/);
    expect(preview.nextFires[0]!.local).to.match(/T09:00:00\+09:00$/);
    const said = await jobmount(["preview", "0 9 * * 1"], { cwd, env });
    expect(said.stderr).to.include("no time zone was named, so Asia/Tokyo holds (--tz)");
  });

  it("begins where it is told to, in the words of explain, and refuses others with what would do", async () => {
    const args = ["preview", "30 2 * * *", "--tz", "Europe/Berlin", "--count", "1", "--from"];
    const [told, wrong] = await Promise.all([
      jobmount([...args, "2027-03-28 01:00"], { cwd }),
      jobmount([...args, "tomorrow"], { cwd }),
    ]);
    expect(told.stdout.trim()).to.equal("2027-03-28T01:00:00Z  2027-03-28T03:00:00+02:00");
    expect(wrong.code).to.equal(3);
    expect(wrong.stderr).to.match(/^--from: must name a time of that day too, such as "tomorrow 02:00"/);
  });

  it("S13: ends with 3 on a text or zone that is wrong, and with 2 on a wrong count", async () => {
    const [text, huge, zone, count] = await Promise.all([
      jobmount(["preview", "61 * * * *"], { cwd }),
      jobmount(["preview", "1-10000000 * * * *"], { cwd }),
      jobmount(["preview", "* * * * *", "--tz", "Mars/Base"], { cwd }),
      jobmount(["preview", "* * * * *", "--count", "1000"], { cwd }),
    ]);
    expect(text.code).to.equal(3);
    expect(text.stderr).to.include("cron").and.to.include("61");
    expect(huge.code).to.equal(3);
    expect(zone.code).to.equal(3);
    expect(zone.stderr).to.include("Mars/Base");
    expect(count.code).to.equal(2);
    expect(count.stderr).to.include("from 1 to 100");
  });
});
