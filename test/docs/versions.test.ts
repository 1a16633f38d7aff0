// docs/versions.md: its commands run against a real service.
import { follow } from "./follow.ts";

const FILE = "docs/versions.md";

describe(FILE, () => follow(FILE, { builds: false }));
