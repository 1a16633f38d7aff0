// The other side of child-describer.ts: imports bundles and answers their specs, one JSON line each.
import { createRequire } from "node:module";
import { createWriteStream } from "node:fs";
import { pathToFileURL } from "node:url";
import { jsonLine, linesIn } from "../../src/lines.ts";
import { describeModule } from "../../src/sdk/describe.ts";
import "../../src/sdk/index.ts";

process.setSourceMapsEnabled(true);
const out = createWriteStream("", { fd: 3 });

interface Order {
  bundlePath: string;
  resolveFrom: string[];
}

async function describe(order: Order): Promise<unknown> {
  const requires = order.resolveFrom.map((folder) => createRequire(`${folder}/`));
  const find = (request: string): unknown => {
    for (const require of requires) {
      try {
        return require(request) as unknown;
      } catch (error) {
        if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
      }
    }
    throw new Error(`the package ${request} is not installed here`);
  };
  Object.defineProperty(globalThis, Symbol.for("jobmount.require"), { value: find, configurable: true });
  try {
    const described = describeModule(await import(pathToFileURL(order.bundlePath).href));
    if ("spec" in described) return { outcome: "described", spec: described.spec };
    return { outcome: "problems", problems: described.problems };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : null;
    return {
      outcome: "thrown",
      error: {
        name: error?.name ?? null,
        message: error?.message ?? String(thrown),
        stack: error?.stack ?? null,
      },
    };
  }
}

// The first line: from now on the time that a description takes is its own.
out.write("ready\n");
for await (const line of linesIn(process.stdin)) {
  const answer = await describe(JSON.parse(line) as Order);
  out.write(`${jsonLine(answer)}\n`);
}
