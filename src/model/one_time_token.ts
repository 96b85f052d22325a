/** Purpose of a one-time token. It is part of the key, so no token works for another purpose. */
export const ONE_TIME_PURPOSES = [
  "verify_email",
  "change_email",
  "reset_password",
  "second_factor",
  "oauth_state",
  "undo_email",
  "held_email",
  "held_username",
] as const;

/**
 * Purposes that a new password ends. A link that undoes a change of address stays, and with it the
 * hold on that address: a thief who resets the password by the address that they put there ends
 * neither. A hold on a username protects others, too.
 */
export const CREDENTIAL_PURPOSES: readonly (typeof ONE_TIME_PURPOSES[number])[] = ONE_TIME_PURPOSES
  .filter((purpose) =>
    purpose !== "undo_email" && purpose !== "held_email" && purpose !== "held_username"
  );

export type OneTimePurpose = typeof ONE_TIME_PURPOSES[number];

/** A short-lived secret that works once. Only its hash is stored. */
export interface OneTimeToken {
  /** SHA-256 of the purpose and the token. */
  id: string;
  purpose: OneTimePurpose;
  /** Null before sign-in. */
  userId: string | null;
  /** Data for the step that redeems it. */
  data: Record<string, string>;
  /** Attempts left; the last one deletes it. */
  attemptsLeft: number;
  createdAt: number;
  expiresAt: number;
}
