// How long a process kept its event loop in one turn, told so that it means the same on a busy machine.

/** Milliseconds of CPU of the longest turn of the event loop while `work` went on: what others of this process waited for. */
export async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let before = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.cpuUsage();
  };
  let timer = setImmediate(function next() {
    look();
    timer = setImmediate(next);
  });
  await work();
  look();
  clearImmediate(timer);
  return longest;
}
