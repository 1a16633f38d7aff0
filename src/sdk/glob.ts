// The globs of `files`: `*`, `?` and `**` over paths with `/`, matched without backtracking over a long input.

/** Why a pattern of `files` cannot be used, or null when it can. */
export function globProblem(pattern: string): string | null {
  if (pattern === "") return "it is empty";
  if (pattern.length > 200) return "it is longer than 200 characters";
  if (pattern.startsWith("/")) return "it is absolute; write it relative to the task directory";
  if (pattern.includes("\\")) return "it has a backslash; folders are separated by /";
  if (pattern.split("/").includes("..")) return "it leads out of the task directory";
  return null;
}

/**
 * Whether a path inside the task directory is meant by a pattern. `*` and `?` stay within one name, `**` is any
 * number of folders. Names that start with a dot are meant only by a pattern that writes the dot.
 */
export function globMatches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/").filter((segment) => segment !== "." && segment !== "");
  const names = path.split("/");
  if (wanted.at(-1) === "**") wanted.push("*");
  return wildcard(wanted, names, "**", hiddenFromStars, (segment, name) => {
    if (hiddenFromStars(name) && !segment.startsWith(".")) return false;
    return wildcard([...segment], [...name], "*", never, (want, have) => want === "?" || want === have);
  });
}

const hiddenFromStars = (name: string): boolean => name.startsWith(".");
const never = (): boolean => false;

/** Greedy matching with one remembered star: at most pattern times input steps, whatever the pattern. */
function wildcard(
  pattern: readonly string[],
  input: readonly string[],
  star: string,
  starRefuses: (item: string) => boolean,
  same: (want: string, have: string) => boolean,
): boolean {
  let p = 0;
  let i = 0;
  let lastStar = -1;
  let resumeAt = 0;
  while (i < input.length) {
    const want = pattern[p];
    const have = input[i] ?? "";
    if (want === star) {
      lastStar = p++;
      resumeAt = i;
    } else if (want !== undefined && same(want, have)) {
      p++;
      i++;
    } else if (lastStar >= 0 && !starRefuses(input[resumeAt] ?? "")) {
      p = lastStar + 1;
      i = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[p] === star) p++;
  return p === pattern.length;
}
