// What a request carries on its way through the middleware, and what a route gets of it.
import type { RouterContext } from "@koa/router";
import type { Principal } from "../access/principal.ts";
import type { ExpectedError } from "../errors.ts";
import type { FaceDeps, IdempotencyRef } from "./ports.ts";
import type { Client } from "./client.ts";
import type { Format, HeaderName, Route } from "./route.ts";

/** What a request is about, as far as its route has found out; for the audit log. */
export interface Subject {
  source?: string;
  /** Id, name or address of what was found. */
  target?: string;
  /** What it made, where neither body nor answer may be kept. */
  made?: object;
  /** How it was before, as it is shown. */
  before?: object;
}

export interface FaceState {
  requestId: string;
  client?: Client;
  /** The route that answers, once it is found. */
  route?: Route;
  subject?: Subject;
  /** Id of the audit row that was begun for this request. */
  auditId?: string;
  /** Undefined on the few routes that need no token. */
  principal?: Principal;
}

export type FaceContext = RouterContext<FaceState>;

/** Everything that a route may look at. */
export interface Call<B, Q> {
  deps: FaceDeps;
  /** Whoever asks; on routes that need no token nobody. */
  principal: Principal;
  /** Decoded path parameters. */
  params: Readonly<Record<string, string>>;
  query: Q;
  body: B;
  /** A request header that the route declares, "" when it was not sent. */
  header(name: HeaderName): string;
  /** JSON, or the one of the route's other formats that the Accept header likes best. */
  format(): Format | "application/json";
  /** Path and query as sent. */
  url: string;
  /** Tells the audit log what this request turned out to be about. */
  about(subject: Subject): void;
  /** Where it came from. */
  client: Client;
  /** Whether a browser says that another site's page asks. */
  foreignPage: boolean;
  /** 429, with the header that says when to try again. */
  tooMany(waitMs: number): ExpectedError;
  /** Set when the request has an Idempotency-Key and is the first with it. */
  idempotency?: IdempotencyRef;
  /** Aborted when whoever asked has gone. */
  gone(): AbortSignal;
}

/** A call whose types the table has forgotten. */
export type AnyCall = Call<object, Readonly<Record<string, unknown>>>;
