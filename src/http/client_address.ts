import { isIP } from "node:net";
import type { Config } from "../config.ts";

export type AddressReader = (headers: Headers, peer: string) => string;

/**
 * Returns a reader of the client's address: the peer's address, unless a proxy is configured. With
 * a proxy it is the `hops`-th entry from the end of the proxy's header, because only the entries
 * appended by the operator's own proxies can be trusted. If that entry is not an address, the
 * peer's address is used.
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

/**
 * Returns the address of the peer of the connection; `unknown` if the connection has no address (a
 * Unix socket).
 */
export function peerOf(info: Partial<Deno.ServeHandlerInfo> | undefined): string {
  const peer = info?.remoteAddr;
  return peer !== undefined && "hostname" in peer ? peer.hostname : "unknown";
}

/** Returns the `for` parameter of an entry (RFC 7239): `for="[2001:db8::1]:4711";proto=https`. */
function forwardedFor(entry: string): string {
  return /(?:^|;)\s*for="?([^";]+)"?/i.exec(entry)?.[1] ?? "";
}

/**
 * Removes the port, the brackets and the prefix of an IPv4 address in IPv6; null if the text is not
 * an address.
 */
function plainAddress(text: string): string | null {
  let address = text.trim();
  if (address.startsWith("[")) address = address.slice(1).split("]")[0];
  else if (/^[\d.]+:\d+$/.test(address)) address = address.split(":")[0];
  address = unmapped(address);
  return isIP(address) ? address.toLowerCase() : null;
}

/**
 * Converts an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`), as a dual-stack socket reports it, to
 * IPv4.
 */
function unmapped(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
}
