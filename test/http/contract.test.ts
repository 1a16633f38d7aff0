import { Validator } from "@cfworker/json-schema";
import { Validator as OpenApiValidator } from "@seriousme/openapi-schema-validator";
import { expect } from "chai";
import { ExpectedError } from "../../src/errors.ts";
import { parseBody } from "../../src/http/dto/parse-body.ts";
import { bodySchemas } from "../../src/http/openapi/body-schemas.ts";
import { DOCS_STYLE } from "../../src/http/openapi/docs-page.ts";
import { openApiDocument } from "../../src/http/openapi/document.ts";
import { openApiPath } from "../../src/http/openapi/operation.ts";
import { BASE, type BodyClass } from "../../src/http/route.ts";
import { buildRouter } from "../../src/http/router.ts";
import { routes } from "../../src/http/routes/index.ts";
import { checkAnswer } from "../support/contract.ts";
import { Face } from "../support/face.ts";
import { FaceWorld } from "../support/http-doubles.ts";

const document = openApiDocument(routes, { version: "0.1.0" });
const bodies = [...new Set(routes.flatMap(({ body }) => body ?? []))] as BodyClass<object>[];

describe("the contract (OpenAPI)", () => {
  it("is valid by the rules of OpenAPI 3.1 themselves", async () => {
    const result = await new OpenApiValidator().validate({ ...document } as Record<string, unknown>);
    expect(result.errors ?? []).to.deep.equal([]);
    expect(result.valid).to.equal(true);
  });

  it("names every method and path that the router answers, and no other", () => {
    const router = buildRouter(routes, new FaceWorld().deps());
    const answered = router.stack.flatMap((layer) =>
      layer.methods
        .filter((method) => method !== "HEAD")
        .map((method) => `${method} ${openApiPath(String(layer.path))}`),
    );
    const named = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(named.sort()).to.deep.equal(answered.sort());
  });

  it("gives every operation its least role, and an id that no other has", () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map((operation) => operation["operationId"]);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(operations.map((operation) => operation["x-least-role"]).sort()).to.deep.equal(
      routes.map((route) => route.role).sort(),
    );
  });

  it("says of a filter that ! rules out where it does, and shows a pattern that fits what is taken", async () => {
    const face = new Face();
    await face.start();
    const wrong: string[] = [];
    for (const { path, query = {} } of routes.filter(({ method }) => method === "GET"))
      for (const [name, { description, schema }] of Object.entries(query)) {
        if (!description.includes("several by comma")) continue;
        const words = /\(([\w|]+)\)/.exec(String(schema["pattern"]))?.[1]!.split("|") ?? ["builtin:cleanup"];
        for (const value of [words[0]!, words.join(","), `!${words[0]!}`]) {
          const { status } = await face.ask("GET", `${path.replace(BASE, "")}?${name}=${value}`);
          const taken = !value.startsWith("!") || description.includes("! rules out");
          const fits = words.length === 1 || new RegExp(String(schema["pattern"])).test(value);
          if (status !== (taken ? 200 : 422) || (fits !== taken && words.length > 1))
            wrong.push(`${path} ${name}=${value}: ${status}`);
        }
      }
    await face.stop();
    expect(wrong).to.deep.equal([]);
  });

  it("refers to nothing that it does not hold, and holds nothing that is not referred to", () => {
    const referred = new Set(JSON.stringify(document).match(/#\/components\/schemas\/\w+/g));
    const held = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...referred].sort()).to.deep.equal(held.sort());
  });

  it("is served to whoever may read, the same at each asking", async () => {
    const face = new Face();
    await face.start();
    const [first, second] = [await face.ask("GET", "/openapi.json"), await face.ask("GET", "/openapi.json")];
    await face.stop();
    expect(first.json).to.deep.equal(JSON.parse(JSON.stringify(document)));
    expect(second.text).to.equal(first.text);
  });

  it("a field that it does not name, one that is missing and one of another type are found in an answer", () => {
    const answer = (change: object) => ({
      method: "GET",
      path: `${BASE}/me`,
      status: 200,
      contentType: "application/json; charset=utf-8",
      text: JSON.stringify({
        type: "token",
        id: "tok_1",
        name: "ci",
        role: "viewer",
        sources: null,
        expiresAt: null,
        ...change,
      }),
    });
    checkAnswer(answer({}));
    for (const change of [{ more: 1 }, { role: "owner" }, { name: undefined }, { expiresAt: "tomorrow" }]) {
      expect(() => checkAnswer(answer(change)), JSON.stringify(change)).to.throw(
        "does not tell of this answer",
      );
    }
    expect(() => checkAnswer({ ...answer({}), status: 204 })).to.throw("names no such status");
    expect(() => checkAnswer({ ...answer({}), contentType: "text/csv" })).to.throw("names no text/csv");
  });
});

describe("the contract of bodies is what their classes check", () => {
  const schemas = bodySchemas(bodies);
  const accepts = (Class: BodyClass<object>, body: unknown): boolean => {
    try {
      parseBody(Class, body);
      return true;
    } catch (error) {
      if (error instanceof ExpectedError && error.status === 422) return false;
      throw error;
    }
  };

  for (const Class of bodies) {
    it(`${Class.name}: its example fits both, and each field is judged alike by both`, () => {
      const validator = new Validator({
        $ref: `#/components/schemas/${Class.name}`,
        components: { schemas },
      });
      const { example } = Class;
      expect(example, "an example").to.be.an("object");
      const fields = Object.keys((schemas[Class.name]!["properties"] ?? {}) as object);
      const withoutFirst = Object.fromEntries(Object.entries(example!).slice(1));
      const bodies: unknown[] = [example, {}, withoutFirst, { ...example, unknown: 1 }, [], null, "text"];
      for (const field of fields) {
        for (const value of [null, "", "text", 1, 1.5, -1_000, 1e12, true, {}, [], ["a"], ["a", 1], { a: 1 }])
          bodies.push({ ...example, [field]: value });
      }
      for (const body of bodies) {
        expect(validator.validate(body).valid, JSON.stringify(body)).to.equal(accepts(Class, body));
      }
    });
  }
});

describe("the reference page at /docs", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());

  it("shows every operation and every shape, needs no token, and asks nobody outside", async () => {
    const { status, text, headers } = await face.fetch("/docs");
    expect(status).to.equal(200);
    expect(headers.get("content-type")).to.equal("text/html; charset=utf-8");
    for (const { method, path } of routes) {
      expect(text).to.include(`<b>${method}</b> <code>${openApiPath(path)}</code>`);
    }
    for (const name of Object.keys(document.components.schemas))
      expect(text).to.include(`id="shape-${name}"`);
    expect(text).not.to.match(/<(script|img|link|iframe|object|embed)|src=|@import|url\(|\son\w+=|https?:/i);
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(links.filter((id) => !text.includes(`id="${id}"`))).to.deep.equal([]);
  });

  it("runs under a policy that allows its one style by hash and nothing else", async () => {
    const { headers, text } = await face.fetch("/docs");
    const policy = headers.get("content-security-policy")!;
    expect(policy).to.match(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; /);
    expect(policy).not.to.include("unsafe");
    expect(text.split("<style>")[1]!.split("</style>")[0]).to.equal(DOCS_STYLE);
    expect(text).not.to.include("style=");
    expect(Buffer.byteLength(text)).to.be.below(300_000);
  });
});
