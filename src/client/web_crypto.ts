import { misuse } from "./misuse.ts";

/** Throws `misuse` on platforms that cannot encrypt. */
export function requireWebCrypto(action: string): void {
  if (globalThis.crypto?.subtle) return;
  throw misuse(
    action,
    "crypto.subtle is missing. Pages have it only over https and at localhost",
  );
}
