import { expect } from "chai";
import { onEveryDatabase } from "../support/databases.ts";
import { jobmount, tempFolder } from "./jobmount.ts";

onEveryDatabase("verbs of the database, from empty", (database) => {
  const cwd = tempFolder();

  it("bring the schema up once, and then make a token and a link", async () => {
    const env = { TASK_DATABASE_URL: await database.freshUrl(), JOBMOUNT_SECRET_KEY: "k".repeat(32) };
    const verb = (...args: string[]) => jobmount(args, { cwd, env });
    const token = ["token", "create", "--name", "ci", "--role", "admin"];
    if (database.name === "mariadb") {
      // Replicas may be running on it: nothing but `migrate up` and a start changes their schema.
      const early = await verb(...token);
      expect(early.code, early.stderr).to.equal(4);
      expect(early.stderr).to.include("npx jobmount migrate up");
    }
    expect((await verb("migrate", "status")).stdout).to.match(/^missing \w+$/m);
    const up = await verb("migrate", "up");
    expect(up.code, up.stderr).to.equal(0);
    expect(up.stdout).to.match(/^ran \w+$/m);
    expect(JSON.parse((await verb("migrate", "up", "--json")).stdout)).to.deep.equal({
      ran: [],
      missing: [],
    });
    const made = await verb(...token);
    expect(made.code, made.stderr).to.equal(0);
    expect(made.stdout).to.match(/^jbm_\w{43}\n$/);
    expect((await verb("sign-in")).stdout).to.match(/^http:\/\/127\.0\.0\.1:3000\/sign-in\?code=/);
  }).timeout(60_000);
});
