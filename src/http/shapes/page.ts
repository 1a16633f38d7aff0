// The frame of every list.
import { count, flag, listOf, named, nullable, object, optional, type Shape, text } from "./shape.ts";

export const PAGE = named(
  "Page",
  object({
    next: nullable(text("What `cursor` (for lines and records: `after`) takes to go on")),
    hasMore: flag(),
    count: optional(count("All that match, at most 10000; only with count=true")),
    countCapped: optional(
      flag("There are more than `count` says, or there may be: not all rows were looked at"),
    ),
    partial: optional(
      flag(
        "Fewer rows than asked for, because the filter matches seldom and not all were looked at yet, or because rows are long: go on behind `next`",
      ),
    ),
  }),
);

export const page = <T>(of: Shape<T>) => object({ data: listOf(of), page: PAGE });
