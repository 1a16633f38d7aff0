// The shapes of access: who asks, tokens, sign-in links.
import { ROLES } from "../../access/role.ts";
import { flag, listOf, named, nullable, object, optional, text, time, word } from "./shape.ts";

const ROLE = word(ROLES);
const SOURCES = nullable(listOf(text(), "The sources that it is limited to; null for all"));

const PRINCIPAL_FIELDS = {
  type: word(["token", "local"]),
  id: text(),
  name: text(),
  role: ROLE,
  sources: SOURCES,
  expiresAt: nullable(time()),
};

export const PRINCIPAL = named("Principal", object(PRINCIPAL_FIELDS));

export const SESSION = named(
  "Session",
  object({
    ...PRINCIPAL_FIELDS,
    secure: flag("False: it goes over plain http, where whoever is on the way can read it"),
  }),
);

const TOKEN_FIELDS = {
  id: text("tok_…"),
  name: text(),
  prefix: text("The first characters of its secret, to tell it apart"),
  role: ROLE,
  sources: SOURCES,
  createdAt: time(),
  expiresAt: nullable(time()),
  lastUsedAt: nullable(time("Written at most once a minute")),
};

export const TOKEN = named("Token", object(TOKEN_FIELDS));

const WARNINGS = listOf(
  object({ code: word(["unknown_source"]), message: text() }),
  "Of what was made all the same: a source that is not mounted",
);

export const ISSUED_TOKEN = named(
  "IssuedToken",
  object({
    ...TOKEN_FIELDS,
    token: optional(text("The secret; only in the first answer")),
    warnings: WARNINGS,
  }),
);

export const SIGNED_IN = named(
  "SignedIn",
  object({
    token: text("The secret, shown once"),
    role: ROLE,
    sources: SOURCES,
    expiresAt: nullable(time()),
  }),
);

const LINK_ID = text("lnk_…");

export const SIGN_IN_LINK = named(
  "SignInLink",
  object({ id: LINK_ID, url: text(), expiresAt: time(), warnings: WARNINGS }),
);

export const OPEN_SIGN_IN_LINK = named(
  "OpenSignInLink",
  object({
    id: LINK_ID,
    name: text("Of the token that it turns into"),
    role: ROLE,
    sources: SOURCES,
    expiresAt: time(),
  }),
);
