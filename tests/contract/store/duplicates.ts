import { DuplicateKey, type DuplicateKeyName } from "../../../src/store/store.ts";

/** For assert.rejects: that it is a DuplicateKey, and of which key. */
export function duplicateOf(key: DuplicateKeyName): (error: unknown) => boolean {
  return (error) => error instanceof DuplicateKey && error.key === key;
}
