// In which order a request is refused: what it is about, what it was made from, what it says (RFC 9110, 13.2).
import { expect } from "chai";
import { Face } from "../support/face.ts";

const JOB = "/jobs/billing.sync-orders";

describe("a change that was made from an old state is a 412, whatever else is wrong with it", () => {
  const face = new Face();
  let schedule = "";
  before(async () => {
    await face.start();
    const made = await face.ask("POST", "/schedules", { body: { job: "open", cron: "* * * * *" } });
    schedule = `/schedules/${String(made.json["id"])}`;
  });
  after(() => face.stop());

  const WRONG = [
    ["no field of it", { nosuch: 1 }],
    ["a field of another type", { timeout: 5 }],
    ["a field that cannot be", { timeout: "5 parsecs" }],
    ["no such job", { job: "nothing", cron: "* * * * *" }],
    ["a dry run of it", { dryRun: true, nosuch: 1 }],
    ["no object", []],
    ["no JSON", '{ "name": '],
    ["a key twice", '{ "name": "a", "name": "b" }'],
    ["no body", undefined],
  ] as const;
  /** Method, path, and what one of them alone is: without a precondition it is refused for what it says. */
  const CHANGES = [
    ["PATCH", () => schedule],
    ["PUT", () => schedule],
    ["PATCH", () => JOB],
  ] as const;

  const send = (method: string, path: string, body: unknown, ifMatch?: string, token?: string) =>
    face.ask(method, path, {
      ...(typeof body === "string" ? { raw: body } : { body }),
      headers: {
        "content-type": "application/json",
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      },
      token,
    });

  for (const [method, path] of CHANGES)
    for (const [what, body] of WRONG) {
      it(`${method} ${path().split("/")[1]!}: ${what}`, async () => {
        const read = async () => (await face.ask("GET", path())).text;
        const before = await read();
        const wrong = await send(method, path(), body, "*");
        expect(wrong.status, wrong.text).to.be.oneOf([400, 422]);
        for (const tag of ['"99"', '"abc"', 'W/"1"', '"98", "99"']) {
          const stale = await send(method, path(), body, tag);
          expect([stale.status, stale.json.code], tag).to.deep.equal([412, "revision"]);
        }
        expect((await send(method, path(), body)).status).to.equal(428);
        expect((await send(method, path(), body, "nonsense")).json).to.include({
          status: 400,
          code: "if_match",
        });
        const current = await send(
          method,
          path(),
          body,
          (await face.ask("GET", path())).headers.get("etag")!,
        );
        expect(current.status, current.text).to.equal(wrong.status);
        expect(await read()).to.equal(before);
      });
    }

  it("what is not there, or not to be seen or changed, is said before anything of the request is compared", async () => {
    const tenant = await face.token({ role: "admin", sources: ["acme"] });
    for (const [method, path] of CHANGES) {
      const nothing = path() === JOB ? "/jobs/nothing" : "/schedules/sch_nothing";
      for (const ifMatch of ['"99"', undefined])
        for (const body of [{ nosuch: 1 }, "no JSON"]) {
          expect((await send(method, nothing, body, ifMatch)).status, method).to.equal(404);
          expect((await send(method, path(), body, ifMatch, tenant)).status, method).to.equal(404);
          expect((await send(method, path(), body, ifMatch, face.tokens.operator)).status).to.equal(403);
        }
      expect((await face.ask(method, path(), { raw: "x", headers: { "if-match": '"99"' } })).status).to.equal(
        415,
      );
    }
  });
});
