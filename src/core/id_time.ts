/** Returns the milliseconds in a UUIDv7 (RFC 9562, section 5.7): its first 48 bits. */
export function timeOfId(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
