/** What a one-time token is good for. It is part of its key: none passes for another. */
export const ONE_TIME_PURPOSES = [
  "verify_email",
  "change_email",
  "reset_password",
  "second_factor",
  "oauth_state",
  "undo_email",
  "held_email",
] as const;

/**
 * Purposes that a new password ends. A link that undoes a change of address stays, and with it the hold
 * on that address: a thief who resets the password by the address that they put there ends neither.
 */
export const CREDENTIAL_PURPOSES: readonly (typeof ONE_TIME_PURPOSES[number])[] = ONE_TIME_PURPOSES
  .filter((purpose) => purpose !== "undo_email" && purpose !== "held_email");

export type OneTimePurpose = typeof ONE_TIME_PURPOSES[number];

/** A secret that was handed out to work once, and not for long. Only its hash is kept. */
export interface OneTimeToken {
  /** SHA-256 of the purpose and the token. */
  id: string;
  purpose: OneTimePurpose;
  /** Null where nobody is signed in yet. */
  userId: string | null;
  /** What whoever redeems it goes on with. */
  data: Record<string, string>;
  /** How many more tries it allows; the last one takes it away. */
  attemptsLeft: number;
  createdAt: number;
  expiresAt: number;
}
