// Puts the built service and most of its packages into a few files: a start then reads these instead of a thousand.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Packages that stay as they are installed: with programs or native code of their own, or seldom needed. */
const INSTALLED = ["esbuild", "libsql", "mysql2", "undici"];

/** What TypeORM tries to load for databases that are not ours. */
const OTHER_DATABASES = [
  "@google-cloud/spanner",
  "@sap/hana-client",
  "better-sqlite3",
  "expo-sqlite",
  "hdb-pool",
  "ioredis",
  "mongodb",
  "mssql",
  "oracledb",
  "pg",
  "pg-native",
  "pg-query-stream",
  "react-native-sqlite-storage",
  "redis",
  "sql.js",
  "sqlite3",
  "typeorm-aurora-data-api-driver",
];

/** As deep as the folders that its files come from, so that what they name beside themselves is found. */
const outdir = at("dist/src/service");

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: [at("dist/src/main.js")],
  outdir,
  bundle: true,
  // A verb of the command line loads what it needs and nothing else.
  splitting: true,
  chunkNames: "[name]-[hash]",
  platform: "node",
  format: "esm",
  target: "node20",
  external: [...INSTALLED, ...OTHER_DATABASES],
  // Names of classes are read: those of entities by TypeORM, those of request bodies by the OpenAPI description.
  keepNames: true,

  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "linked",
  // What CommonJS packages expect of a module.
  banner: {
    js: [
      'import { createRequire as __packageRequire } from "node:module";',
      'import { dirname as __packageDirname } from "node:path";',
      "const require = __packageRequire(import.meta.url);",
      "const __filename = import.meta.filename, __dirname = __packageDirname(__filename);",
    ].join("\n"),
  },
  logLevel: "warning",
});
