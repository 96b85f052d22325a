export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Throws for bytes that are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  const { TextDecoder } = globalThis;
  if (TextDecoder) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  // React Native had none for years.
  const hex = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`);
  return decodeURIComponent(hex.join(""));
}
