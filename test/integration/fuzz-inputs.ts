// Hostile input for any route, made from the published contract: what a field, a parameter and a body may not be.

export type Schema = Readonly<Record<string, unknown>>;

export interface Operation {
  method: string;
  path: string;
  parameters: readonly { name: string; in: string; schema: Schema }[];
  body: Schema | null;
}

/** A request as it goes over the wire; `refused`: whoever takes it has a bug. */
export interface Hostile {
  what: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
  refused: boolean;
}

interface OpenApi {
  paths: Record<string, Record<string, Record<string, unknown>>>;
  components: { schemas: Record<string, Schema> };
}

export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const content = (
        operation["requestBody"] as { content?: Record<string, { schema: Schema }> } | undefined
      )?.content;
      const ref = content?.["application/json"]?.schema["$ref"];
      return {
        method: method.toUpperCase(),
        path,
        parameters: operation["parameters"] as Operation["parameters"],
        body: typeof ref === "string" ? document.components.schemas[ref.split("/").at(-1)!]! : null,
      };
    }),
  );
}

const LONG = "x".repeat(3_000);
/** SQL, templates, shells, paths, prototypes, numbers that are none, letters of every kind. */
const TEXTS = [
  "' OR 1=1; DROP TABLE task_runs; --",
  "${7*7}{{7*7}}<%= 7*7 %>#{7*7}",
  "../../../../etc/passwd\u0000",
  "__proto__",
  "NaN",
  "\u202e\ud83d\ude00\u0000\ufeff\u0301",
  LONG,
];
const IN_PATH = [
  ...TEXTS.slice(0, 6).map(encodeURIComponent),
  "%zz",
  "%E0%A4%A",
  "%00",
  "..%2f..",
  LONG,
  ".",
];
const VALUES: readonly unknown[] = [null, true, -1, 1.5, 1e308, "", [], {}, [null], [[["a"]]], ...TEXTS];

/** Everything for one operation; `example` fills its path. */
export function hostileTo(operation: Operation, example: Readonly<Record<string, string>>): Hostile[] {
  const { path, parameters, body } = operation;
  const filled = (name?: string, value?: string) =>
    path.replace(/\{(\w+)\}/g, (_all, one: string) => (one === name ? value! : (example[one] ?? "x")));
  // What is there by now, so that the body is looked at too and not only the header that lacks.
  const guarded: Record<string, string> = parameters.some(({ name }) => name === "If-Match")
    ? { "If-Match": "*" }
    : {};
  const json = { "content-type": "application/json", ...guarded };
  const found: Hostile[] = [];
  const add = (what: string, refused: boolean, more: Partial<Hostile>) =>
    found.push({
      what,
      refused,
      path: filled(),
      headers: body ? json : guarded,
      body: body ? Buffer.from("{}") : null,
      ...more,
    });
  for (const [, name] of path.matchAll(/\{(\w+)\}/g))
    for (const value of IN_PATH) add(`path ${name}=${value}`, false, { path: filled(name, value) });
  add("unknown query", true, { path: `${filled()}?nothing=1` });
  for (const { name, in: place, schema } of parameters) {
    if (place === "header")
      for (const value of ["\u00ff\u00fe", LONG, "*/*;q=x", '"'])
        add(`header ${name}`, false, { headers: { ...(body ? json : guarded), [name]: value } });
    if (place !== "query") continue;
    const isText = schema["type"] === "string" && !schema["enum"] && !schema["pattern"];
    for (const value of [...TEXTS, "", "-1", "1e9", "a,b,!c", "%"])
      add(`query ${name}=${value.slice(0, 20)}`, false, {
        path: `${filled()}?${name}=${encodeURIComponent(value)}`,
      });
    add(`query ${name} twice`, true, { path: `${filled()}?${name}=1&${name}=1` });
    add(`query ${name} broken`, false, { path: `${filled()}?${name}=%E0%A4&${isText ? "" : name}` });
  }
  if (body) addBodies(add, body, guarded);
  return found;
}

type Add = (what: string, refused: boolean, more: Partial<Hostile>) => void;

function addBodies(add: Add, schema: Schema, guarded: Record<string, string>): void {
  const send = (what: string, refused: boolean, text: string | Buffer, type = "application/json") =>
    add(what, refused, { body: Buffer.from(text), headers: { "content-type": type, ...guarded } });
  const example = ((schema["examples"] as object[] | undefined)?.[0] ?? {}) as Record<string, unknown>;
  const fields = Object.keys((schema["properties"] ?? {}) as object);
  for (const text of ["null", "[]", '"text"', "1", "", "{", '{"a":}', "{'a':1}", "\u0000"])
    send(`body ${JSON.stringify(text)}`, text !== "", text);
  send("unknown field", true, JSON.stringify({ ...example, nothing: 1 }));
  send("__proto__", true, `{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}`);
  send("deep", true, `{"${fields[0] ?? "a"}":${"[".repeat(5_000)}${"]".repeat(5_000)}}`);
  send("wide", true, `{${Array.from({ length: 20_000 }, (_, i) => `"f${i}":${i}`).join(",")}}`);
  send("huge", true, `{"${fields[0] ?? "a"}":"${"x".repeat(1_100_000)}"}`);
  send(
    "broken UTF-8",
    true,
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
  );
  send("half a pair", true, '{"a":"\\ud800"}');
  send("UTF-16", true, Buffer.from(JSON.stringify(example), "utf16le"));
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin1",
    ";;;",
  ])
    send(`type ${type}`, true, JSON.stringify(example), type);
  for (const field of fields) {
    const rest = Object.fromEntries(Object.entries(example).filter(([name]) => name !== field));
    send(`without ${field}`, false, JSON.stringify(rest));
    for (const value of VALUES)
      send(
        `${field}=${JSON.stringify(value)?.slice(0, 30)}`,
        false,
        JSON.stringify({ ...example, [field]: value }),
      );
    send(`${field} twice`, true, `{"${field}":1,"${field}":{}}`);
    const long = "y".repeat(200_000);
    send(`${field} long`, false, JSON.stringify({ ...example, [field]: long }));
  }
}
