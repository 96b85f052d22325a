/** The options that all packets of one Socket.IO broadcast share. */
export interface EncodedOptions {
  /**
   * Set by Socket.IO's adapter if the broadcast is a single text. Its content is meant for npm
   * `ws`.
   */
  wsPreEncodedFrame?: unknown;
  /** The text of the broadcast, created by the first socket and reused by the others. */
  sharedFrame?: string;
}

/** Returns one string for all sockets of a broadcast, so that it is joined and flattened once. */
export function sharedFrame(data: unknown, options?: EncodedOptions): string | undefined {
  if (options?.wsPreEncodedFrame === undefined || typeof data !== "string") return undefined;
  return options.sharedFrame ??= "4" + data;
}
