#!/usr/bin/env node
// The one entry of the command line: runs the built service, or says how to build it.
import { existsSync } from "node:fs";

const main = new URL("../dist/src/service/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write("Jobmount is not built yet. Run: npm run build\n");
  process.exit(78);
}
await import(main.href);
