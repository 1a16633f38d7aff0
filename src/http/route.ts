// One route as data: from the table of them the router and the contract (openapi/) are built.
import type { FieldError } from "../errors.ts";
import { ROLES, type Role } from "../access/role.ts";
import type { Call } from "./context.ts";
import type { QueryFields, QueryOf } from "./query.ts";
import type { Reply } from "./reply.ts";
import type { ShapeName } from "./shapes/index.ts";

/** Where everything lies that needs a token. */
export const BASE = "/api/v1";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The least role; `public` needs no token, `local` only comes from the service's own socket. */
export type Need = Role | "public" | "local";

/** Request headers that a route may look at. */
export type HeaderName = "If-Match" | "Idempotency-Key" | "Prefer" | "Last-Event-ID";

/** What an answer may be besides JSON. */
export type Format =
  | "application/x-ndjson"
  | "text/csv"
  | "text/plain"
  | "text/x-diff"
  | "text/html"
  | "text/css"
  | "text/event-stream";

/** A class-validator class. */
export interface BodyClass<B extends object> {
  new (): B;
  /** Fields whose content is checked by the domain, not by class-validator. */
  readonly opaque?: readonly string[];
  /** A body as somebody would send it, for the contract; a test holds it to the class. */
  readonly example?: Readonly<Record<string, unknown>>;
}

export interface RouteSpec<B extends object, Q extends QueryFields> {
  method: Method;
  /** The whole path, parameters as `:name`. */
  path: string;
  role: Need;
  summary: string;
  query?: Q;
  body?: BodyClass<B>;
  /** Content types of the body besides application/json. */
  bodyTypes?: readonly string[];
  /** True when a request without any body means an empty object. */
  bodyOptional?: boolean;
  /** What it answers in JSON, by status: the name of the shape, or null for no JSON. */
  replies: Readonly<Record<number, ShapeName | null>>;
  /** What it answers with 200 besides JSON; for NDJSON and event streams the shape of a line. */
  formats?: Readonly<Partial<Record<Format, ShapeName | null>>>;
  /** Request headers that it looks at (Idempotency-Key goes without saying where there is `replay`). */
  takes?: readonly HeaderName[];
  /** Those of them without which it refuses. */
  requires?: readonly HeaderName[];
  /** Statuses of refusals beyond those that follow from the rest, for the contract. */
  fails?: readonly number[];
  /** True when it is about the whole installation: a token limited to sources is refused, whatever its role. */
  wholeInstallation?: boolean;
  /** Its word in the audit log, where path and method do not say it. */
  action?: string;
  /**
   * When a change is written to the audit log: before it is tried (unless given), `after` it for what keeps its actor in
   * its own row, `never` for what only asks.
   */
  audit?: "after" | "never";
  /**
   * Throws what goes before anything that a body says: there is nothing to change (404), or If-Match does not hold (412, 428).
   * Asked of a request whose body is refused; any other is compared where it is done, in the same transaction.
   */
  precondition?(call: Call<object, object>): Promise<void> | void;
  /** What else is wrong in a body that is refused already, of the fields that are right as far as they were looked at. */
  alsoWrong?(call: Call<object, object>): readonly FieldError[];
  /** Refuses before the change is written down: for what anybody may try as often as they like. */
  admit?(call: Call<B, QueryOf<Q>>): Promise<void> | void;
  /** How a refusal is shown to whoever asks for a page; a program gets its problem. */
  refusalPage?(message: string): Reply;
  handle(call: Call<B, QueryOf<Q>>): Promise<Reply> | Reply;
  /** For POST routes that make something: renders what an earlier request with the same Idempotency-Key made. */
  replay?(call: Call<B, QueryOf<Q>>, resourceId: string): Promise<Reply> | Reply;
}

export type Route = RouteSpec<object, QueryFields>;

/** Ties the types of body and query to the handler; at run time it only checks that the role is declared (A2). */
export function route<B extends object = object, Q extends QueryFields = Record<never, never>>(
  spec: RouteSpec<B, Q>,
): Route {
  return spec as unknown as Route;
}

/** Throws when a route declares no least role, or when something inside the base would be open to everybody (A2). */
export function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const one of routes) {
    const name = `${one.method} ${one.path}`;
    const allowed: readonly unknown[] = [...ROLES, "public", "local"];
    if (!allowed.includes(one.role)) {
      throw new Error(`The route ${name} declares no least role; allowed: ${allowed.join(", ")}.`);
    }
    if (one.role === "public" && one.path.startsWith(BASE)) {
      throw new Error(`The route ${name} is public, and nothing below ${BASE} may be.`);
    }
    if (seen.has(name)) throw new Error(`The route ${name} is declared twice.`);
    seen.add(name);
  }
}
