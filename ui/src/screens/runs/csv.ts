// All runs of a filter as one CSV file: page after page, as REST gives them.
import { addressFor } from "../../api/client.ts";

/** A file of more rows is asked for over REST, not by a page. */
const MOST_ROWS = 10_000;
const PAGE_ROWS = 200;

/** Starts a download; answers how many rows it has, and whether there were more. */
export async function downloadCsv(
  filter: Readonly<Record<string, string>>,
): Promise<{ rows: number; more: boolean }> {
  const parts: string[] = [];
  let rows = 0;
  let address: string | null = addressFor("/runs", { ...filter, limit: PAGE_ROWS });
  while (address !== null && rows < MOST_ROWS) {
    const response: Response = await fetch(address, { headers: { Accept: "text/csv" } });
    if (!response.ok) throw new Error(`The service answered ${response.status}; the file was not made.`);
    const text = await response.text();
    const body = text.indexOf("\r\n") + 2;
    parts.push(parts.length === 0 ? text : text.slice(body));
    rows += Math.max(0, text.split("\r\n").length - 2);
    const cursor: string | undefined = /[?&]cursor=([^&>]+)/.exec(response.headers.get("Link") ?? "")?.[1];
    address =
      cursor === undefined
        ? null
        : addressFor("/runs", { ...filter, limit: PAGE_ROWS, cursor: decodeURIComponent(cursor) });
  }
  const url = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "runs.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return { rows, more: address !== null };
}
