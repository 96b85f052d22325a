import { BlockList, isIP } from "node:net";

/** IPv4 networks that are not on the public internet (RFC 6890 and its registry). */
const PRIVATE_IPV4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  // Multicast, reserved and broadcast.
  ["224.0.0.0", 3],
];

/** Networks within 2000::/3 that are not public, or that embed an IPv4 address. */
const PRIVATE_IPV6: readonly [string, number][] = [
  // Teredo, ORCHID, benchmarking and the other protocol assignments.
  ["2001::", 23],
  ["2001:db8::", 32],
  // 6to4: the embedded IPv4 address may be a private one.
  ["2002::", 16],
  ["3fff::", 20],
];

const privateNetworks = new BlockList();
for (const [network, bits] of PRIVATE_IPV4) privateNetworks.addSubnet(network, bits, "ipv4");
for (const [network, bits] of PRIVATE_IPV6) privateNetworks.addSubnet(network, bits, "ipv6");

/** Global unicast: everything outside (loopback, link-local, mapped IPv4, NAT64) is not public. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

/**
 * True if a request to this address leaves every private network. False for text that is not an
 * address.
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, "");
  switch (isIP(bare)) {
    case 4:
      return !privateNetworks.check(bare, "ipv4");
    case 6:
      return globalUnicast.check(bare, "ipv6") && !privateNetworks.check(bare, "ipv6");
    default:
      return false;
  }
}
