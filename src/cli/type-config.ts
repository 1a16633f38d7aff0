// The tsconfig.json of a folder of jobs: for editors and checks; loading honours nothing of it but `paths`.

interface Config {
  compilerOptions?: Record<string, unknown>;
  [key: string]: unknown;
}

/** What jobs are compiled as: the same rules as the service's own builder, and strict. */
export const COMPILER_OPTIONS = {
  target: "ES2022",
  lib: ["ES2023"],
  module: "ESNext",
  moduleResolution: "Bundler",
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  isolatedModules: true,
  resolveJsonModule: true,
  allowImportingTsExtensions: true,
  types: ["node"],
} as const;

/** The text of a new one. `paths`: what is imported, and where its types are, seen from the folder of jobs. */
export function newConfig(paths: ReadonlyMap<string, string>, typeRoot: string): string {
  const config: Config = {
    compilerOptions: {
      ...COMPILER_OPTIONS,
      typeRoots: [typeRoot],
      paths: Object.fromEntries([...paths].map(([name, path]) => [name, [path]])),
    },
    include: ["**/*.ts"],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * An existing text with what it lacks of the wanted one: `paths`, and `typeRoots` and `types` where it has none. Its own
 * values stay, but for our own paths of an earlier time. Null when it is not plain JSON and would lose its comments.
 */
export function mergedConfig(before: string, wanted: string): string | null {
  const config = parsed(before);
  if (config === null) return null;
  const ours = (JSON.parse(wanted) as Required<Config>).compilerOptions;
  const own = config.compilerOptions ?? {};
  const paths = { ...(own["paths"] as object | undefined), ...(ours["paths"] as object) };
  const { typeRoots, types } = ours;
  const merged: Config = { ...config, compilerOptions: { typeRoots, types, ...own, paths } };
  return JSON.stringify(merged) === JSON.stringify(config) ? before : `${JSON.stringify(merged, null, 2)}\n`;
}

function parsed(text: string): Config | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Config) : null;
  } catch {
    return null;
  }
}
