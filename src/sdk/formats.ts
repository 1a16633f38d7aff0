// The texts with a form: url, email, date, datetime. Each answers the value to hand on, or what is wrong.

/** `value` is what the job gets; `message` says what would be right. */
export type Formed = { value: string } | { message: string };

/** An absolute URL with a host, handed on as it was given. */
export function readUrl(text: string): Formed {
  const message = 'must be an absolute URL such as "https://example.org/path"';
  // The URL parser drops tabs, line ends and outer spaces silently; then job and form would see different texts.
  if (text.length > 8_192 || !/^[a-z][a-z0-9+.-]*:\/\/[^\s]+$/i.test(text)) return { message };
  if (!URL.canParse(text)) return { message };
  return new URL(text).host === "" ? { message } : { value: text };
}

/** As the HTML standard defines an e-mail address. */
const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

export function readEmail(text: string): Formed {
  return text.length <= 254 && EMAIL.test(text)
    ? { value: text }
    : { message: 'must be an e-mail address such as "name@example.org"' };
}

/** A day that exists, as YYYY-MM-DD. */
export function readDate(text: string): Formed {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!parts) return { message: 'must be a date as YYYY-MM-DD, such as "2026-02-28"' };
  return dayExists(Number(parts[1]), Number(parts[2]), Number(parts[3]))
    ? { value: text }
    : { message: "must be a day that exists" };
}

const DATETIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339 with any offset; the job gets the same instant in Z. */
export function readDatetime(text: string): Formed {
  const parts = DATETIME.exec(text);
  if (!parts) {
    return { message: 'must be an instant as RFC 3339, such as "2026-02-28T14:30:00Z"' };
  }
  if (!dayExists(Number(parts[1]), Number(parts[2]), Number(parts[3]))) {
    return { message: "must be a day that exists" };
  }
  const fraction = parts[7] ?? "";
  const zone = parts[8]!.toUpperCase();
  const local = `${text.slice(0, 10)}T${text.slice(11, 19)}`;
  if (zone === "Z") return { value: `${local}${fraction}Z` };
  const inUtc = new Date(`${local}${zone}`).toISOString();
  // Beyond the years 0 to 9999 the text has another form.
  if (!/^\d{4}-/.test(inUtc)) return { message: "must lie in the years 0000 to 9999" };
  return { value: `${inUtc.slice(0, 19)}${fraction}Z` };
}

function dayExists(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
