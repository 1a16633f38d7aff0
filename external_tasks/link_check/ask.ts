// One question to one address: its status, or why there was no answer.

export type Answer =
  | {
      kind: "status";
      status: number;
      statusText: string;
      /** Where a redirect leads; null for any other answer. */
      location: string | null;
      ms: number;
    }
  | { kind: "none"; reason: string };

/** Never follows a redirect. Rejects only when `signal` is aborted. */
export async function ask(url: string, timeoutSeconds: number, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutSeconds * 1000);
  const start = performance.now();
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout.signal]),
      // Without this the socket stays open for the next question, which never comes.
      headers: { connection: "close", "user-agent": "jobmount-link-check/1" },
    });
    // The status is all that is wanted; an unread body would hold the connection.
    await response.body?.cancel();
    const moved = response.status >= 300 && response.status < 400;
    return {
      kind: "status",
      status: response.status,
      statusText: response.statusText,
      location: moved ? response.headers.get("location") : null,
      ms: Math.round(performance.now() - start),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.signal.aborted) return { kind: "none", reason: `no answer within ${timeoutSeconds} s` };
    return { kind: "none", reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** fetch says "fetch failed" and hides what happened in its cause. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  const known = code === undefined ? undefined : REASONS[code];
  const text = cause instanceof Error ? cause.message : String(cause);
  return known === undefined ? text || code || "no answer" : `${known} (${code})`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host name could not be looked up",
  CERT_HAS_EXPIRED: "its certificate has expired",
  UND_ERR_SOCKET: "the connection was cut",
};
