// For tests of what is closed to somebody: nothing is closed to root, so root does them as nobody.
const NOBODY = 65_534;

/** Runs it as a user who is not root; the folders that it needs have to be open to everybody. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid!(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
