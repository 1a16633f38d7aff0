// Reads a JSON body: its content type, its size, its bytes, its depth are checked before anything looks at its fields.
// Ours rather than @koa/bodyparser: that one answers 200 with {} for a wrong content type, and takes broken UTF-8.
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { ExpectedError, invalid } from "../../errors.ts";
import { duplicateKey, extentOf } from "../duplicate-keys.ts";

export const MAX_BODY_BYTES = 1024 * 1024;
/** Deeper than any params need; keeps every later walk off the end of the stack. */
export const MAX_DEPTH = 32;
/** Fields and elements of all levels: 1 MiB of `{}` would keep the service from everything else for a third of a second. */
export const MAX_VALUES = 20_000;

/** The parsed JSON, or undefined when the request has no body at all. `types`: allowed besides application/json. */
export async function readJsonBody(req: IncomingMessage, types: readonly string[] = []): Promise<unknown> {
  const length = req.headers["content-length"];
  if (req.headers["transfer-encoding"] === undefined && (length === undefined || length === "0")) {
    return undefined;
  }
  checkType(req, ["application/json", ...types]);
  if (length !== undefined && Number(length) > MAX_BODY_BYTES) throw tooLarge();
  const bytes = await readBytes(req);
  if (!isUtf8(bytes)) throw malformed("it is not valid UTF-8");
  return readJson(bytes.toString("utf8"));
}

/** The value of a text of JSON; throws ExpectedError 400 or 422 for what no body of ours may be. */
export function readJson(text: string): unknown {
  const { values, depth } = extentOf(text);
  if (values > MAX_VALUES) {
    if (depth > MAX_DEPTH + 1) throw tooDeep();
    const message = `holds about ${values} fields and elements; at most ${MAX_VALUES} are possible. Send less at a time`;
    throw invalid([{ pointer: "", code: "too_large", message }]);
  }
  const value = parse(text);
  checkTree(value);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw malformed(`an object has the key "${twice.slice(0, 40)}" twice`);
  return value;
}

function checkType(req: IncomingMessage, allowed: readonly string[]): void {
  const header = req.headers["content-type"];
  if (header === undefined) {
    throw unsupported(`The request has a body but no Content-Type. Send Content-Type: ${allowed[0]}`);
  }
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  if (!allowed.includes(type)) {
    throw unsupported(`The Content-Type is "${type.slice(0, 100)}". Allowed: ${allowed.join(", ")}`);
  }
  const charset = parameters
    .find((part) => part.startsWith("charset="))
    ?.slice(8)
    .replaceAll('"', "");
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
    throw unsupported(`The charset is "${charset.slice(0, 100)}". JSON is sent in UTF-8.`);
  }
  const encoding = req.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw unsupported(`The Content-Encoding is "${encoding.slice(0, 100)}". Send the body as it is.`);
  }
}

function readBytes(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (act: () => void) => {
      req.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      act();
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      // Without a reader node throws the rest away, so that a client which only then reads still gets the answer.
      settle(() => reject(tooLarge()));
      req.resume();
    };
    const onEnd = () => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    const onClose = () => settle(() => reject(malformed("it ended before its announced length")));
    req.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    // The parser's own message quotes the body, which may hold a secret; only the position is passed on.
    const at = error instanceof SyntaxError ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    throw malformed(at === undefined ? "it ends too early" : `see character ${Number(at) + 1}`);
  }
}

/** Bounds the depth and refuses `__proto__`, without recursion of our own. */
function checkTree(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      throw tooDeep();
    }
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null) continue;
      if (!Array.isArray(value) && Object.hasOwn(value, "__proto__")) {
        throw invalid([
          { pointer: "", code: "unknown", message: 'holds a field "__proto__", which nothing may be called' },
        ]);
      }
      for (const [key, child] of Object.entries(value)) {
        if (typeof child === "object" && child !== null) next.push(child);
        if (HALF_PAIR.test(key) || (typeof child === "string" && HALF_PAIR.test(child))) {
          throw malformed(
            `the text at "${key.slice(0, 40)}" holds half of a surrogate pair, which is no character`,
          );
        }
      }
    }
    level = next;
  }
}

/** A cut emoji: no text, and not every database takes it. */
const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function malformed(why: string): ExpectedError {
  return new ExpectedError(400, "malformed", `The body is not valid JSON: ${why}.`);
}

function unsupported(message: string): ExpectedError {
  return new ExpectedError(415, "content_type", message);
}

function tooLarge(): ExpectedError {
  return new ExpectedError(413, "too_large", `The body is larger than ${MAX_BODY_BYTES} bytes (1 MiB).`);
}

function tooDeep(): ExpectedError {
  return invalid([{ pointer: "", code: "depth", message: `is nested more than ${MAX_DEPTH} levels deep` }]);
}
