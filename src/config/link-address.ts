// The address that printed links begin with: one that whoever reads them can open.
import type { Config } from "../config.ts";

/** `port`: the one that was really taken. A service that listens everywhere is reached on this machine by its loopback. */
export function linkAddress(
  config: Pick<Config, "publicUrl" | "host" | "port" | "basePath">,
  port = config.port,
): string {
  if (config.publicUrl !== null) return config.publicUrl;
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[config.host] ?? config.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}${config.basePath}`;
}
