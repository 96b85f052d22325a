import { concat } from "../../core/bytes.ts";
import { type Bytes, utf8 } from "./encoding.ts";
import type { Member } from "./suite.ts";

export interface Person {
  userId: string;
  /** The signature keys of all of the user's devices, in any order. */
  signatureKeys: Uint8Array[];
}

/** As in Signal: it multiplies the cost of finding a key that gives the same digits. */
const ITERATIONS = 5200;
const VERSION = Uint8Array.of(0, 1);

/**
 * Returns 60 digits that two users see alike only if each has the other's true keys: 30 for each of
 * them, the smaller first. Computed like Signal's (iterated SHA-512 over the keys and the id), but
 * over the sorted keys of all devices of a user, so a new device changes the number. Show it as
 * twelve groups of five.
 */
export async function safetyNumber(one: Person, other: Person): Promise<string> {
  const halves = await Promise.all([fingerprint(one), fingerprint(other)]);
  return halves.sort().join("");
}

/** Formats it as "12345 67890 …", for reading aloud. */
export function formatSafetyNumber(digits: string): string {
  return digits.match(/.{1,5}/g)!.join(" ");
}

/** Returns the user's keys in a roster. */
export function personIn(roster: Member[], userId: string): Person {
  const own = roster.filter((member) => member.userId === userId);
  return { userId, signatureKeys: own.map(({ signatureKey }) => signatureKey) };
}

async function fingerprint({ userId, signatureKeys }: Person): Promise<string> {
  const keys = concat(...signatureKeys.toSorted(compareBytes));
  let hash: Bytes = concat(VERSION, keys, utf8(userId));
  for (let i = 0; i < ITERATIONS; i++) {
    hash = new Uint8Array(await crypto.subtle.digest("SHA-512", concat(hash, keys)));
  }
  let digits = "";
  for (let i = 0; i < 30; i += 5) digits += fiveDigits(hash.subarray(i, i + 5));
  return digits;
}

/** 40 bits, big-endian, modulo 100,000. */
function fiveDigits(bytes: Uint8Array): string {
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return String(number % 100_000).padStart(5, "0");
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return a.length - b.length;
}
