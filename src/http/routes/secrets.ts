// Routes of the keys that seal secrets: which values lie under which key, and sealing all of them with the newest.
import { ok } from "../reply.ts";
import { BASE, route } from "../route.ts";

export const secretRoutes = [
  route({
    method: "GET",
    path: `${BASE}/secrets`,
    role: "admin",
    wholeInstallation: true,
    summary: "How many secret values are sealed with which key, by the ids of the keys",
    replies: { 200: "SecretKeys" },
    handle: async ({ deps }) => ok(await deps.secrets.count()),
  }),
  route({
    method: "POST",
    path: `${BASE}/secrets/rotate`,
    role: "admin",
    wholeInstallation: true,
    summary: "Seals every secret value anew that is not sealed with the newest key; harmless when done again",
    replies: { 200: "SecretKeys" },
    handle: async ({ deps }) => ok(await deps.secrets.rotate()),
  }),
];
