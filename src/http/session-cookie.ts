// The cookie of a session: its name, how it is set, read and taken back, and whose pages may use it to change things.
import type { Client } from "./client.ts";

/** Browsers take a `__Host-` cookie only over https, for this host alone: no neighbour can set it. */
const OVER_HTTPS = "__Host-jobmount_session";
/** Over plain http nothing protects it on the way. */
const OVER_HTTP = "jobmount_session";

export function isSecure(client: Client, publicUrl: string): boolean {
  return client.secure || publicUrl.startsWith("https:");
}

export function sessionCookie(secret: string, maxAgeMs: number, secure: boolean): string {
  const parts = [
    `${secure ? OVER_HTTPS : OVER_HTTP}=${secret}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    `Max-Age=${Math.max(0, Math.floor(maxAgeMs / 1000))}`,
  ];
  return [...parts, ...(secure ? ["Secure"] : [])].join("; ");
}

/** The browser is to forget it. */
export function noSessionCookie(secure: boolean): string {
  return sessionCookie("", 0, secure);
}

export function readSessionCookie(header: string, secure: boolean): string | undefined {
  const name = secure ? OVER_HTTPS : OVER_HTTP;
  for (const part of header.split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value !== undefined && /^[0-9A-Za-z]{1,128}$/.test(value)) return value;
  }
  return undefined;
}

/** Whether a request comes from a page of ours: a browser sends Origin with each request that changes something. */
export function isOwnOrigin(origin: string, host: string, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const asked = new URL(origin);
  if (URL.canParse(publicUrl) && new URL(publicUrl).origin === asked.origin) return true;
  return (asked.protocol === "http:" || asked.protocol === "https:") && host !== "" && asked.host === host;
}
