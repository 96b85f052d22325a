/** Reasons for an error of the encryption; a closed union, for clients to act on. */
export type MlsClientErrorCode =
  /** The bytes are malformed, or do not verify. Nothing was changed. */
  | "bad_message"
  | "bad_commit"
  | "bad_welcome"
  | "bad_key_package"
  | "bad_group_info"
  /** Sent before this device joined, which has no key for it by design. */
  | "before_join"
  /** Its key was used already (a replay), or is too old to have been kept. */
  | "key_gone"
  /** This device sent it: senders store their text, because they have no key to read it. */
  | "own_message"
  /** From a later epoch than the group's: the Commits in between come first. */
  | "missing_commits"
  /** For another chat. */
  | "wrong_chat"
  /** This device was removed from the group. */
  | "removed"
  /** A Welcome for a group that this device is in. */
  | "already_member"
  /** It names no key package of this device, or one that was used and erased. */
  | "no_key_package"
  /** A Commit of this device waits for the server's response. */
  | "commit_pending"
  | "invalid_change"
  /** Stored, sealed or backed up data cannot be read: the wrong key, or it was altered. */
  | "unreadable";

/** Never contains a key or a plaintext, so it may be logged. */
export class MlsClientError extends Error {
  override readonly name = "MlsClientError";

  constructor(readonly code: MlsClientErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** Runs `action`, and gives every error it throws a code that a caller can act on. */
export async function guarded<T>(
  code: MlsClientErrorCode,
  what: string,
  action: () => T | Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof MlsClientError) throw error;
    throw new MlsClientError(code, `${what}: ${(error as Error).message}`, error);
  }
}
