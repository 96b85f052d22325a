/** The options that a Socket.IO broadcast shares among all the packets it makes. */
export interface EncodedOptions {
  /** Set by Socket.IO's adapter where the broadcast is a single text. Its content is for npm `ws`. */
  wsPreEncodedFrame?: unknown;
  /** The text of it, made by the first socket for the others. */
  sharedFrame?: string;
}

/** One string for all the sockets of a broadcast, so that it is joined and flattened once. */
export function sharedFrame(data: unknown, options?: EncodedOptions): string | undefined {
  if (options?.wsPreEncodedFrame === undefined || typeof data !== "string") return undefined;
  return options.sharedFrame ??= "4" + data;
}
