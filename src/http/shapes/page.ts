// The frame of every list.
import { count, flag, listOf, named, nullable, object, optional, type Shape, text } from "./shape.ts";

export const PAGE = named(
  "Page",
  object({
    next: nullable(text("What `cursor` (for lines and records: `after`) takes to go on")),
    hasMore: flag(),
    count: optional(count("All that match, at most 10000; only with count=true")),
    countCapped: optional(flag("There are more than `count` says")),
    partial: optional(
      flag(
        "The filter matches so seldom that not all rows were looked at yet: there may be more behind `next`",
      ),
    ),
  }),
);

export const page = <T>(of: Shape<T>) => object({ data: listOf(of), page: PAGE });
