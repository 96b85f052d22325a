export interface LateEnd {
  /** Drains this thread. */
  stop(): Promise<void>;
  /** Resolves when the other threads had their time to drain. */
  linger(): Promise<void>;
  exit(): void;
}

/**
 * Ends a thread that was still starting at the signal: it has missed it, and would serve on for
 * ever. The exit ends all threads of the process, so it comes after the time that the others have
 * to drain.
 */
export async function endLate({ stop, linger, exit }: LateEnd): Promise<void> {
  await stop();
  await linger();
  exit();
}
