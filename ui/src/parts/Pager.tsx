// The foot of a list: how many rows there are, and the way to the next ones.
import type { Page } from "../api/contract.ts";
import { useFields } from "../shell/hooks.ts";
import { counted, numberText } from "../words/time.ts";
import { Button } from "./Button.tsx";
import css from "./table.module.css";

interface PagerProps {
  page: Page;
  shown: number;
  noun: string;
  /** What leads back to the first page, where that is not the newest. */
  first?: string;
}

export function Pager({ page, shown, noun, first = "Newest" }: PagerProps) {
  const [fields, change] = useFields();
  const total =
    page.count === undefined
      ? `${counted(shown, noun)} on this page${page.hasMore ? ", more behind it" : ""}`
      : `${page.countCapped ? "At least " : ""}${counted(page.count, noun)}${page.count > shown ? `, ${numberText(shown)} on this page` : ""}`;
  return (
    <div className={css["foot"]}>
      <span className={css["count"]} role="status">
        {total}
        {page.partial && "; this is only a part: the filter matches seldom, or the rows are long"}
      </span>
      <span>
        {fields["cursor"] && <Button onClick={() => change({})}>{first}</Button>}{" "}
        {page.next !== null && (
          <Button onClick={() => change({ cursor: page.next ?? undefined })}>Next page</Button>
        )}
      </span>
    </div>
  );
}
