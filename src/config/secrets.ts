import { hkdfSync } from "node:crypto";
import { devSecrets } from "./dev_secrets.ts";
import type { Values } from "./environment.ts";
import type { Config } from "./types.ts";

const DAY_MS = 86_400_000;

/** Puts in what is missing in development, and keeps it in a file of `dataDir`. */
export function fillDevSecrets(values: Values, dataDir: string, notices: string[]): void {
  const wanted = ["JWT_SECRET", "JWT_REFRESH_SECRET", "VAPID_PUBLIC_KEY"] as const;
  if (wanted.every((name) => values[name] !== undefined)) return;
  const { secrets, path, made } = devSecrets(dataDir);
  values.JWT_SECRET ??= secrets.JWT_SECRET;
  values.JWT_REFRESH_SECRET ??= secrets.JWT_REFRESH_SECRET;
  if (values.VAPID_PUBLIC_KEY === undefined) {
    values.VAPID_PUBLIC_KEY = secrets.VAPID_PUBLIC_KEY;
    values.VAPID_PRIVATE_KEY = secrets.VAPID_PRIVATE_KEY;
  }
  if (made) notices.push(`Made secrets for development and keep them in ${path}`);
}

export function tokensOf(values: Values): Config["tokens"] {
  return {
    accessSecret: values.JWT_SECRET!,
    refreshSecret: values.JWT_REFRESH_SECRET!,
    formerAccessSecrets: listOf(values.JWT_SECRET_PREVIOUS),
    formerRefreshSecrets: listOf(values.JWT_REFRESH_SECRET_PREVIOUS),
    accessTtlMs: values.JWT_EXPIRY ?? DAY_MS,
    refreshTtlMs: values.JWT_REFRESH_EXPIRY ?? 7 * DAY_MS,
  };
}

/**
 * Returns ENCRYPTION_KEY, or a key derived from JWT_SECRET; with a derived key, changing JWT_SECRET
 * makes the second factors unreadable.
 */
export function encryptionKeyOf(
  values: Values,
  mode: Config["environment"],
  notices: string[],
): Uint8Array {
  if (values.ENCRYPTION_KEY) return values.ENCRYPTION_KEY;
  if (mode === "production") {
    notices.push(
      "ENCRYPTION_KEY is not set: second-factor secrets are sealed with a key derived from " +
        "JWT_SECRET, and changing that makes them unreadable",
    );
  }
  return derivedEncryptionKey(values.JWT_SECRET!);
}

/**
 * Includes derived keys, so that neither setting ENCRYPTION_KEY later nor rotating JWT_SECRET (with
 * JWT_SECRET_PREVIOUS) makes sealed secrets unreadable.
 */
export function formerEncryptionKeysOf(values: Values): Uint8Array[] {
  const { ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS, JWT_SECRET, JWT_SECRET_PREVIOUS } = values;
  return [
    ...listOf(ENCRYPTION_KEY_PREVIOUS),
    ...(ENCRYPTION_KEY ? [derivedEncryptionKey(JWT_SECRET!)] : []),
    ...listOf(JWT_SECRET_PREVIOUS).map(derivedEncryptionKey),
  ];
}

/** Returns the keys of what this server seals and signs: the first makes, all of them open. */
export function sealingKeys(
  { encryptionKey, formerEncryptionKeys }: Pick<Config, "encryptionKey" | "formerEncryptionKeys">,
): [Uint8Array, ...Uint8Array[]] {
  return [encryptionKey, ...formerEncryptionKeys];
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

function derivedEncryptionKey(secret: string): Uint8Array {
  const info = "realtimechat encryption at rest";
  return new Uint8Array(hkdfSync("sha256", secret, "", info, 32));
}
