// The shape of one row of the audit log.
import { AUDIT_OUTCOMES } from "../../access/audit.ts";
import { ROLES } from "../../access/role.ts";
import { anything, count, integer, named, nullable, object, text, time, word } from "./shape.ts";

export const AUDIT_EVENT = named(
  "AuditEvent",
  object(
    {
      id: text("aud_…"),
      at: time(),
      actor: nullable(
        object({
          type: word(["token", "local"]),
          id: text(),
          name: text(),
          role: word(ROLES),
        }),
      ),
      address: nullable(text("Of the client; null over the local socket")),
      action: text("Such as schedules.pause; access: refused before it was looked at what was wanted"),
      target: nullable(text("What it was done to; of a refusal as it was asked for")),
      source: nullable(text("The source that it concerns")),
      outcome: word(
        AUDIT_OUTCOMES,
        "begun: written before the change was tried, and the service ended before it knew",
      ),
      status: nullable(integer("Of the answer")),
      code: nullable(text("Of the refusal; replayed: an earlier request had done it")),
      detail: anything("What was asked for, and the fields that became different; never a secret"),
      repeats: count("How often the same was refused again within the minute after it"),
      requestId: text("The service's log has the request under it"),
    },
    "One change, or one refusal",
  ),
);
