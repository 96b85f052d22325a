import type { Caller, Visitor } from "../model/caller.ts";

export function isCaller(caller: Caller | Visitor): caller is Caller {
  return typeof (caller as Partial<Caller>).userId === "string";
}

/**
 * Returns the subject of a limit: the API key, the user, or the network of a visitor without a
 * session.
 */
export function rateKey(caller: Caller | Visitor): string {
  if (caller.key) return `key:${caller.key.id}`;
  return isCaller(caller) ? caller.userId : networkOf(caller.address);
}

/**
 * An IPv4 address, or the /64 of an IPv6 address: a household or a server is given a whole /64, so
 * that counting by single address would count nothing.
 *
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(networkOf("203.0.113.9"), "203.0.113.9");
 * assert.equal(networkOf("2001:db8::1"), networkOf("2001:db8:0:0:ffff::2"));
 * ```
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head, tail] = address.toLowerCase().split("%")[0].split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return `${groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
