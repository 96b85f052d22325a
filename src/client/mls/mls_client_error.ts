/** Why the encryption layer would not do something; a closed union, as a client acts on it. */
export type MlsClientErrorCode =
  /** The bytes are not what they should be, or do not verify. Nothing was changed. */
  | "bad_message"
  | "bad_commit"
  | "bad_welcome"
  | "bad_key_package"
  | "bad_group_info"
  /** Sent before this device joined: by design it has no key. */
  | "before_join"
  /** Its key was used already (a replay), or is too old to have been kept. */
  | "key_gone"
  /** This device sent it itself: senders keep what they wrote, they have no key to read it. */
  | "own_message"
  /** From a later epoch than ours: the Commits in between come first. */
  | "missing_commits"
  /** For another chat. */
  | "wrong_chat"
  /** This device was removed from the group. */
  | "removed"
  /** A Welcome for a group that this device is in. */
  | "already_member"
  /** No key package of this device is named in it, or it was used and erased. */
  | "no_key_package"
  /** A Commit of ours waits for the server's answer. */
  | "commit_pending"
  | "invalid_change"
  /** What was stored, sealed or backed up cannot be read: the wrong key, or it was altered. */
  | "unreadable";

/** Never holds a key or a plaintext, so that it may be logged. */
export class MlsClientError extends Error {
  override readonly name = "MlsClientError";

  constructor(readonly code: MlsClientErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** Runs `action`, and gives whatever it throws the code that a caller can act on. */
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
