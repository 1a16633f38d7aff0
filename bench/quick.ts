// One database, one concurrency: for looking at a change of the durable path while working on it.
import { sharedMariadb } from "../test/support/mariadb.ts";
import { measureDurable } from "./durable.ts";

const [kind = "sqlite", concurrency = "64"] = process.argv.slice(2);
const url = kind === "sqlite" ? "sqlite:FOLDER/bench.db" : await (await sharedMariadb()).database();
console.log(kind, concurrency, await measureDurable(url, Number(concurrency)));
process.exit(0);
