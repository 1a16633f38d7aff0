// docs/coming-from.md: its jobs are saved, loaded and run.
import { follow } from "./follow.ts";

const FILE = "docs/coming-from.md";

describe(FILE, () => follow(FILE, { builds: false }));
