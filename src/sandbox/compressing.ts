// Compressing and expanding: the work of node:zlib is in no list of Node's, so we hear of its handles from `init` to `close`.
import { createRequire } from "node:module";
import { Living } from "./living.ts";

type Method = (...args: unknown[]) => unknown;
export type Handle = Record<"init" | "close", Method>;

const CLASSES = ["Zlib", "BrotliEncoder", "BrotliDecoder", "ZstdCompress", "ZstdDecompress"];
const MAKERS = [
  "createGzip",
  "createBrotliCompress",
  "createBrotliDecompress",
  "createZstdCompress",
  "createZstdDecompress",
];

/** To be called once, before any job runs; it knows which are open. */
export function watchCompressing(): Living {
  const open = new Living();
  for (const prototype of handlesOfBinding() ?? handlesOfModule()) {
    hook(prototype, "init", (handle) => open.begin(handle));
    hook(prototype, "close", (handle) => open.end(handle));
  }
  return open;
}

function hook(prototype: Handle, name: keyof Handle, seen: (handle: object) => void): void {
  const method = prototype[name];
  if (typeof method !== "function") return;
  prototype[name] = function (this: object, ...args: unknown[]) {
    seen(this);
    return method.apply(this, args);
  };
}

/**
 * Without loading node:zlib, which takes 1.6 ms of every child's start with a sample of each handle, against 0.1 ms. Undefined
 * where Node no longer gives it; it may warn that it will not, and nobody can do anything about it here.
 */
export function handlesOfBinding(): Handle[] | undefined {
  const { noDeprecation } = process;
  try {
    process.noDeprecation = true;
    const { binding } = process as unknown as {
      binding: (name: string) => Record<string, { prototype: Handle }>;
    };
    const classes = binding("zlib");
    const found = CLASSES.flatMap((name) => classes[name]?.prototype ?? []);
    return found.length > 0 ? found : undefined;
  } catch {
    return undefined;
  } finally {
    process.noDeprecation = noDeprecation;
  }
}

export function handlesOfModule(): Handle[] {
  const zlib = createRequire(import.meta.url)("node:zlib") as Record<
    string,
    undefined | (() => { _handle?: Handle; close(): void })
  >;
  return MAKERS.flatMap((name) => {
    const sample = zlib[name]?.();
    const handle = sample?._handle;
    sample?.close();
    return handle ? [Object.getPrototypeOf(handle) as Handle] : [];
  });
}
