import { isIP } from "node:net";
import type { Config } from "../config.ts";

export type AddressReader = (headers: Headers, peer: string) => string;

/**
 * Whose address a request has: the peer's, unless a proxy is configured. Then it is the `hops`-th
 * entry from the end of its header, since only the entries that our own proxies appended can be
 * believed. An entry that is no address counts for nothing, and the peer's is taken.
 */
export function addressReader(trusted: Config["trustedProxy"]): AddressReader {
  if (trusted === null) return (_headers, peer) => unmapped(peer);
  const { header, hops } = trusted;
  return (headers, peer) => {
    const entries = headers.get(header)?.split(",") ?? [];
    const entry = entries.at(-hops) ?? "";
    const named = header === "forwarded" ? forwardedFor(entry) : entry;
    return plainAddress(named) ?? unmapped(peer);
  };
}

/** Who is at the other end of the connection; `unknown` where that has no address (a Unix socket). */
export function peerOf(info: Partial<Deno.ServeHandlerInfo> | undefined): string {
  const peer = info?.remoteAddr;
  return peer !== undefined && "hostname" in peer ? peer.hostname : "unknown";
}

/** RFC 7239: `for="[2001:db8::1]:4711";proto=https`. */
function forwardedFor(entry: string): string {
  return /(?:^|;)\s*for="?([^";]+)"?/i.exec(entry)?.[1] ?? "";
}

/** Without port, brackets and the prefix of an IPv4 address in IPv6; null for what is no address. */
function plainAddress(text: string): string | null {
  let address = text.trim();
  if (address.startsWith("[")) address = address.slice(1).split("]")[0];
  else if (/^[\d.]+:\d+$/.test(address)) address = address.split(":")[0];
  address = unmapped(address);
  return isIP(address) ? address.toLowerCase() : null;
}

/** An IPv4 address that came as an IPv6 one (`::ffff:192.0.2.1`), as a dual-stack socket gives it. */
function unmapped(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
}
