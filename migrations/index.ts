// Every migration in order; both databases run the same list.
import { FirstSchema1763700000000 } from "./1763700000000-first-schema.ts";

export const migrations = [FirstSchema1763700000000];
