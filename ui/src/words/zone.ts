// Which zones this browser has a clock for: the service may know one that is newer than the browser.

const known = new Map<string, boolean>();

/** The zone itself, or UTC in the place of one that is not known here: a time on another clock is better than no page. */
export function knownZone(zone: string): string {
  let is = known.get(zone);
  if (is === undefined) known.set(zone, (is = isKnown(zone)));
  return is ? zone : "UTC";
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone });
    return true;
  } catch {
    return false;
  }
}
