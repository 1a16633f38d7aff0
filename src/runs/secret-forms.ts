// The ways in which a secret's value may be written: plain, base64, URL-encoded, JSON-escaped (L3). Pure.
import { inspect } from "node:util";

/** Shorter values are words and numbers that a log is full of: hiding them would hide the log. */
export const LEAST_SECRET = 8;

/** Of longer values only the usual forms are looked for: nobody puts a certificate chain into a header. */
const LONG_SECRET = 16 * 1024;

/** Every form of one value that is worth looking for, none twice. */
export function formsOf(secret: string): string[] {
  // Half a surrogate pair has no encoding.
  const text = Buffer.from(secret).toString();
  if (text.length > LONG_SECRET) {
    const base64 = Buffer.from(text).toString("base64");
    return [...new Set([secret, text.trim(), base64, encodeURIComponent(text), escaped(text)])];
  }
  const forms = [secret, text, text.trim(), ...base64Forms(text), ...urlForms(text), ...jsonForms(text)];
  return [...new Set(forms)].filter((form) => form.length >= LEAST_SECRET);
}

/** All that is secret in a value: texts and long numbers at any depth, the value as JSON, the password in an address. */
export function secretTexts(value: unknown): string[] {
  if (typeof value === "string") return [value, ...passwordsIn(value)];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (typeof value !== "object" || value === null) return [];
  return [JSON.stringify(value), ...Object.values(value).flatMap(secretTexts)];
}

/** Of `https://user:password@host` the password, as it stands there and decoded. */
export function passwordsIn(text: string): string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#:@]*:([^/?#]*)@/i.exec(text)?.[1];
  if (password === undefined) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** Names of variables whose whole value is a secret, by their last word: `SLACK_TOKEN`, `DB_PASSWORD`, `AWS_SECRET_ACCESS_KEY`. */
const SECRET_NAME = /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|(?:API)?KEY)_?\d*$/i;

/** All that is secret in the variables that a job was given. */
export function secretsOfEnv(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    SECRET_NAME.test(name) ? secretTexts(value) : passwordsIn(value),
  );
}

/** As a part of something longer it begins at any of three places of a group: `user:secret` in a header, for one. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const whole = bytes.toString("base64");
  const forms = [whole, whole.replace(/=+$/, "")];
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // Characters that its neighbours decide too are left out.
    const from = [0, 2, 3][before]!;
    const mixed = (before + bytes.length) % 3 === 0 ? 0 : 1;
    forms.push(encoded.slice(from, encoded.length - mixed));
  }
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

function urlForms(text: string): string[] {
  const component = encodeURIComponent(text);
  const strict = component.replace(
    /[!'()*~]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const form = new URLSearchParams([["", text]]).toString().slice(1);
  const forms = [component, strict, form, encodeURI(text)];
  return [...forms, ...forms.map((one) => one.replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase()))];
}

function jsonForms(text: string): string[] {
  const once = escaped(text);
  const ascii = once.replace(
    /[\u007f-\uffff]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const upper = ascii.replace(/\\u[0-9a-f]{4}/g, (found) => `\\u${found.slice(2).toUpperCase()}`);
  const slashes = once.replaceAll("/", "\\/");
  // JSON inside JSON is common in logs.
  return [once, ascii, upper, slashes, escaped(once), encodeURIComponent(once), ...inspected(text)];
}

const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

/** As `console.log` writes it inside of an object: which quote it takes depends on what else is there. */
function inspected(text: string): string[] {
  const options = { breakLength: Infinity, maxStringLength: null };
  const single = inspect(text, options);
  // With quotes of all three kinds around it, the single ones are escaped.
  const among = inspect(`${text}"'\``, options);
  return [single.slice(1, -1), among.slice(1, -5)];
}
