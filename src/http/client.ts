// Where a request really came from: its connection, or what the proxies that are trusted say of it.
import { BlockList, isIP } from "node:net";
import type { IncomingMessage } from "node:http";

export interface Client {
  /** Null over the local socket. */
  address: string | null;
  /** Whether the client itself speaks https, as far as is known. */
  secure: boolean;
}

/** `trusted`: addresses and ranges of proxies whose X-Forwarded headers are believed (JOBMOUNT_TRUSTED_PROXIES). */
export function clientReader(trusted: readonly string[]): (req: IncomingMessage) => Client {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => {
    const family = isIP(address);
    return family !== 0 && proxies.check(address, family === 6 ? "ipv6" : "ipv4");
  };
  return (req) => {
    const direct = plain(req.socket.remoteAddress);
    if (direct === null || !isTrusted(direct)) return { address: direct, secure: false };
    const chain = String(req.headers["x-forwarded-for"] ?? "")
      .split(",")
      .map((part) => plain(part.trim()))
      .filter((part) => part !== null && isIP(part) !== 0) as string[];
    // The last one that is no proxy of ours: what stands before it the client may have written itself.
    const address = chain.reverse().find((one) => !isTrusted(one)) ?? direct;
    const protocol = String(req.headers["x-forwarded-proto"] ?? "")
      .split(",")
      .at(-1)!
      .trim();
    return { address, secure: protocol.toLowerCase() === "https" };
  };
}

/** An IPv4 address as such, also where the socket shows it as one of IPv6. */
function plain(address: string | undefined): string | null {
  if (address === undefined || address === "") return null;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped ? mapped[1]! : address;
}
