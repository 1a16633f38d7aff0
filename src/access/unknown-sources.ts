// Names of sources, in a new token or link, that nothing is mounted under: possible, since a source may come later, and
// most often a slip of the pen.

/** Said beside what was made all the same. */
export interface AccessWarning {
  code: "unknown_source";
  message: string;
}

/** `known`: the sources that whoever asks may see. `nearest`: "did you mean". */
export function unknownSources(
  asked: readonly string[] | null | undefined,
  known: readonly string[],
  nearest: (wrong: string, names: Iterable<string>) => string | undefined,
): AccessWarning[] {
  return (asked ?? [])
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      const meant = near === undefined ? "" : ` Did you mean "${near}"?`;
      return {
        code: "unknown_source",
        message: `There is no source "${name}".${meant} Nothing is to be seen of it until one of this name is mounted.`,
      };
    });
}
