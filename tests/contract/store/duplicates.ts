import { DuplicateKey, type DuplicateKeyName } from "../../../src/store/store.ts";

/** Validator for assert.rejects: a DuplicateKey of this key. */
export function duplicateOf(key: DuplicateKeyName): (error: unknown) => boolean {
  return (error) => error instanceof DuplicateKey && error.key === key;
}
