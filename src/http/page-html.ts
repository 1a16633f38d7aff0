// The page's own addresses, and its one HTML file with the scripts of the screen that each begins with: a browser fetches them
// at once, not when the first script has run and asks for them.

/** Path, with `*` for one thing -> the screen's own module, below `src/screens/`. The page's router says the same. */
export const PAGE_SCREENS: Readonly<Record<string, string>> = {
  "": "overview/Overview.tsx",
  jobs: "jobs/Jobs.tsx",
  "jobs/*": "job/Job.tsx",
  runs: "runs/Runs.tsx",
  "runs/*": "run/Run.tsx",
  schedules: "schedules/Schedules.tsx",
  "schedules/new": "editor/NewSchedule.tsx",
  "schedules/*": "schedule/Schedule.tsx",
  "schedules/*/edit": "editor/EditSchedule.tsx",
  timeline: "timeline/Timeline.tsx",
  sources: "sources/Sources.tsx",
  system: "system/System.tsx",
  access: "access/Access.tsx",
  audit: "audit/Audit.tsx",
};

/** What the build says of its files: module, or name of a shared one -> the file, and what it imports. */
export const FILES = "files.json";
type Files = Readonly<Record<string, { file: string; imports?: readonly string[] }>>;

const FIRST_WORDS = new Set(Object.keys(PAGE_SCREENS).map((path) => path.split("/")[0]!));

/** Whether the page answers this path, and draws whatever is below it. */
export function isOfPage(path: string): boolean {
  const [first = ""] = path.split("/");
  return first === "" ? path === "" : FIRST_WORDS.has(first);
}

/** Path -> HTML. */
export function screenPages(html: string, files: string): (path: string) => string {
  const known = JSON.parse(files) as Files;
  const pages = new Map(
    Object.entries(PAGE_SCREENS).map(([path, screen]) => [path, withScripts(html, known, screen)] as const),
  );
  return (path) => {
    const [first = "", one, ...more] = path.split("/");
    const kind = [first, ...(one === undefined ? [] : ["*"]), ...more].join("/");
    return pages.get(path) ?? pages.get(kind) ?? html;
  };
}

/** What the page itself names already is not named twice. */
function withScripts(html: string, files: Files, screen: string): string {
  const links = [...scriptsOf(files, `src/screens/${screen}`)]
    .filter((file) => !html.includes(file))
    .map((file) => `<link rel="modulepreload" crossorigin href="./${file}">`);
  return html.replace("</head>", `${links.join("")}</head>`);
}

function scriptsOf(files: Files, name: string, found = new Set<string>()): Set<string> {
  const { file, imports = [] } = files[name] ?? {};
  if (file === undefined || found.has(file)) return found;
  found.add(file);
  for (const one of imports) scriptsOf(files, one, found);
  return found;
}
