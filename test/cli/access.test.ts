import { expect } from "chai";
import { join } from "node:path";
import { Access } from "../../src/access/access.ts";
import { systemClock } from "../../src/clock.ts";
import { DbAuditStore } from "../../src/db/audit-store.ts";
import { openDatabase } from "../../src/db/open.ts";
import { DbTokenStore } from "../../src/db/token-store.ts";
import { jobmount, tempFolder } from "./jobmount.ts";

describe("access from the command line while no service runs", () => {
  const cwd = tempFolder();

  async function withAccess<T>(work: (access: Access) => Promise<T>): Promise<T> {
    const database = await openDatabase({ url: `sqlite:${join(cwd, "data/jobmount.db")}` });
    try {
      return await work(new Access({ store: new DbTokenStore(database), clock: systemClock }));
    } finally {
      await database.close();
    }
  }

  async function withAudit<T>(work: (audit: DbAuditStore) => Promise<T>): Promise<T> {
    const database = await openDatabase({ url: `sqlite:${join(cwd, "data/jobmount.db")}` });
    try {
      return await work(new DbAuditStore(database));
    } finally {
      await database.close();
    }
  }

  it("A5: token create opens the file, and prints the token alone on stdout", async () => {
    const args = [
      "token",
      "create",
      "--name",
      "ci",
      "--role",
      "operator",
      "--source",
      "billing",
      "--expires",
      "90d",
    ];
    const { code, stdout, stderr } = await jobmount(args, { cwd });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^jbm_\w{43}\n$/);
    expect(stderr)
      .to.match(/^tok_\w+ "ci": operator of billing, until 20\d\d-/)
      .and.to.include('\nnote: There is no source "billing".');
    const principal = await withAccess((access) => access.authenticate(stdout.trim()));
    expect(principal).to.deep.include({ name: "ci", role: "operator", sources: ["billing"] });
    const { events: rows } = await withAudit((audit) => audit.list({ limit: 1 }));
    expect(rows[0]).to.deep.include({ action: "tokens.create", outcome: "done", target: principal!.id });
    expect(rows[0]!.detail, "which rights were given").to.have.nested.property("asked.role", "operator");
    const days = ((principal!.expiresAt ?? 0) - Date.now()) / 86_400_000;
    expect(days).to.be.within(89.9, 90);
  });

  it("tokens and unused links are listed without their secrets, and end", async () => {
    const text = async (...args: string[]) => {
      const { code, stdout, stderr } = await jobmount(["token", ...args], { cwd });
      expect(code, stderr).to.equal(0);
      return stdout + stderr;
    };
    const token = (await text("create", "--name", "to end", "--source", "billing")).split("\n")[0]!;
    const link = (await text("create", "--name", "to take back", "--link")).split("\n")[0]!;
    type Listed = { id: string; name: string }[];
    const tokens = JSON.parse(await text("list", "--json")) as Listed;
    const { id } = tokens.find(({ name }) => name === "to end")!;
    const links = JSON.parse(await text("links", "--json")) as Listed;
    const open = links.find(({ name }) => name === "to take back")!;
    const shown = (await text("list")) + (await text("links"));
    expect(shown).to.match(new RegExp(`^${id} +to end +viewer +billing `, "m"));
    expect(shown).to.include(open.id).and.not.to.include(token).and.not.to.include(link.split("=")[1]);

    expect(await text("revoke", id)).to.equal(`${id} is revoked\n`);
    expect(await text("withdraw", open.id)).to.equal(`${open.id} is taken back\n`);
    expect(await withAccess((access) => access.authenticate(token))).to.equal(undefined);
    const used = await withAccess((access) => access.useSignInCode(link.split("=")[1]!)).catch(String);
    expect(used).to.include("was used already");
    expect(await text("list")).not.to.include("to end");
    expect((await jobmount(["token", "revoke", id], { cwd })).code).to.equal(4);
    expect((await jobmount(["token", "withdraw", open.id], { cwd })).code).to.equal(4);
  });

  it("A5: token create without name and role makes a viewer's token, named by its role and the day", async () => {
    const { code, stdout, stderr } = await jobmount(["token", "create", "--source", "billing"], { cwd });
    expect(code, stderr).to.equal(0);
    const principal = await withAccess((access) => access.authenticate(stdout.trim()));
    expect(principal).to.deep.include({ role: "viewer", sources: ["billing"] });
    expect(principal!.name).to.match(/^viewer of 20\d\d-\d\d-\d\d$/);
  });

  it("refuses a token with an empty name, with a wrong role, or that is expired at once, with exit code 2", async () => {
    const wrong = [
      ["--name", ""],
      ["--name", "x", "--role", "root"],
      ["--name", "x", "--role", "admin", "--expires", "2001-01-01T00:00:00Z"],
      ["--name", "x", "--role", "admin", "--expires", "soon"],
    ];
    for (const args of wrong) {
      const { code, stdout } = await jobmount(["token", "create", ...args], { cwd });
      expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: 2, stdout: "" });
    }
  });

  it("sign-in prints a link that works once", async () => {
    const { code, stdout, stderr } = await jobmount(["sign-in"], {
      cwd,
      env: { HOST: "0.0.0.0", PORT: "8080" },
    });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^http:\/\/127\.0\.0\.1:8080\/sign-in\?code=\w{20,}\n$/);
    expect(stderr).to.include("Works once, until ").and.to.include("start it, then open the link");
    const signIn = new URL(stdout.trim()).searchParams.get("code")!;
    const { token } = await withAccess((access) => access.useSignInCode(signIn));
    expect(token.role).to.equal("admin");
    const second = await withAccess((access) => access.useSignInCode(signIn)).catch((error: Error) => error);
    expect(second).to.be.instanceOf(Error);
  });

  it("token create --link prints a link alone on stdout, and a line to send along with it", async () => {
    const args = ["token", "create", "--source", "acme", "--role", "viewer", "--link"];
    const { code, stdout, stderr } = await jobmount(args, { cwd });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^http:\/\/127\.0\.0\.1:3000\/sign-in\?code=\w{43}\n$/);
    expect(stderr).to.match(
      /\n {2}Jobmount for acme \(viewer\): load errors, next fires and failures of your jobs\. The link works once, until 20\d\d-\S+Z\.\n/,
    );
    expect(stderr).to.include('note: There is no source "acme".');
    const code43 = new URL(stdout.trim()).searchParams.get("code")!;
    const { token } = await withAccess((access) => access.useSignInCode(code43));
    expect(token).to.deep.include({ role: "viewer", sources: ["acme"] });
  });
});
