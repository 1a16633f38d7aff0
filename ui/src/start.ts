// Runs before the page's own script has come: asks who is signed in, and what the screen of this address reads first.
import { PAGE_BASE } from "./api/base.ts";
import type { Principal } from "./api/contract.ts";
import { askedAhead, sendEarly } from "./api/early.ts";
import { firstLists, firstThing } from "./api/first-reads.ts";
import { fromSearch, toSearch } from "./words/search.ts";

async function askAhead(): Promise<void> {
  const answer = await sendEarly("/me");
  // Nobody is signed in: anything else would be refused, and written down as such.
  if (!answer.ok) return;
  const me = (await answer.clone().json()) as Principal;
  const path = location.pathname.slice(PAGE_BASE.length);
  for (const [to, query = {}] of firstLists(path, fromSearch(location.search), me))
    void sendEarly(to + toSearch(query));
  const thing = firstThing(path);
  if (thing) void sendEarly(thing);
  void sendEarly("/meta");
}

/** The first one makes a browser read what it knows of all zones: 17 ms and more, while answers are on their way. */
const readZones = () => void new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).format();

// What went wrong is told to whoever asks for the same.
void askedAhead(askAhead().then(readZones, readZones));
