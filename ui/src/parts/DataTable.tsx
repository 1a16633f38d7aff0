// A list as a table, on a narrow screen as cards. Rows stay where they are while somebody points at them.
import { type ReactNode, useRef, useState } from "react";
import { steady } from "../words/steady.ts";
import { counted } from "../words/time.ts";
import css from "./table.module.css";

export interface Column<T> {
  id: string;
  head: string;
  cell(row: T): ReactNode;
  /** Numbers stand at the end. */
  end?: boolean;
  /** Left out below 60 rem, where there is no room. */
  wideOnly?: boolean;
  /** On a card: the first line, and its right corner. */
  place?: "main" | "corner";
}

interface DataTableProps<T> {
  /** What it lists, for who cannot see it. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf(row: T): string;
  /** What one row is called: "run". */
  noun: string;
  /** False for lists that nothing but their reader changes. */
  moves?: boolean;
}

/** Give it a `key` made of the filter: another filter is another list, and nothing of it is held. */
export function DataTable<T>({ label, columns, rows, keyOf, noun, moves = true }: DataTableProps<T>) {
  const [held, setHeld] = useState<readonly T[] | null>(null);
  const last = useRef(rows);
  const shown = held === null ? { rows, waiting: 0 } : steady(held, rows, keyOf);
  last.current = shown.rows;
  const hold = () => moves && setHeld((before) => before ?? last.current);
  const release = () => setHeld(null);
  return (
    <div
      onPointerEnter={(event) => event.pointerType === "mouse" && hold()}
      onPointerLeave={release}
      onFocus={(event) => event.target.matches(":focus-visible") && hold()}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && release()}
    >
      {shown.waiting > 0 && (
        <button type="button" className={css["waiting"]} onClick={() => setHeld(rows)}>
          {counted(shown.waiting, `new ${noun}`)}: show
        </button>
      )}
      <div className={css["wrap"]}>
        <table className={css["table"]} aria-label={label} role="table" data-rows>
          <thead role="rowgroup">
            <tr role="row">
              {columns.map((column) => (
                <th key={column.id} role="columnheader" scope="col" className={classOf(column)}>
                  {column.head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {shown.rows.map((row) => (
              <tr key={keyOf(row)} role="row">
                {columns.map((column) => (
                  <td
                    key={column.id}
                    role="cell"
                    data-label={column.head || undefined}
                    className={classOf(column)}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function classOf<T>({ end, wideOnly, place }: Column<T>): string {
  return [end && css["end"], wideOnly && css["wideOnly"], place && css[place]].filter(Boolean).join(" ");
}
