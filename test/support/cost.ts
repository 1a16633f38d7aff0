// What a call costs, told so that it means the same on a busy machine.

/**
 * Milliseconds of CPU that `act` takes: the least of up to `tries` calls, so that neither a first call's compilation nor
 * other work on the machine is counted. It stops trying once a call took less than `enough`.
 */
export function costMs(act: () => void, enough: number, tries = 5): number {
  let least = Infinity;
  for (let i = 0; i < tries && least >= enough; i++) {
    const before = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
