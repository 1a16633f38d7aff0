// An error as the caller sees it: application/problem+json (RFC 9457), never a stack, SQL or a path of the host.
import { STATUS_CODES } from "node:http";
import { ExpectedError, type FieldError } from "../errors.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** One wrong body must not be answered with a megabyte of errors. */
const MAX_ERRORS = 50;

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
  errors?: readonly FieldError[];
}

/** The problem of a thrown value, and whether the error is ours, so that it has to be logged. */
export function problemOf(thrown: unknown, requestId: string): { problem: Problem; unexpected: boolean } {
  if (thrown instanceof ExpectedError && isErrorStatus(thrown.status)) {
    return {
      unexpected: false,
      problem: problem(thrown.status, thrown.code, thrown.message, requestId, thrown.fields),
    };
  }
  const detail = `Something went wrong on our side. The service's log has the details under the request id ${requestId}.`;
  return { unexpected: true, problem: problem(500, "internal", detail, requestId) };
}

export function problem(
  status: number,
  code: string,
  detail: string,
  requestId: string,
  fields: readonly FieldError[] = [],
): Problem {
  const shown: Problem = {
    type: `urn:jobmount:problem:${code}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    code,
    detail,
    requestId,
  };
  if (fields.length > 0) shown.errors = fields.slice(0, MAX_ERRORS);
  return shown;
}

/** Headers that belong to a status, whatever the route. */
export function headersOf(problem: Problem): Record<string, string> {
  switch (problem.status) {
    case 401:
      return {
        "WWW-Authenticate":
          problem.code === "invalid_token"
            ? 'Bearer realm="jobmount", error="invalid_token"'
            : 'Bearer realm="jobmount"',
      };
    case 403:
      return { "WWW-Authenticate": 'Bearer realm="jobmount", error="insufficient_scope"' };
    case 429:
    case 503:
      return { "Retry-After": "1" };
    default:
      return {};
  }
}

function isErrorStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status <= 599;
}
