export interface LiveKitKey {
  readonly apiKey: string;
  readonly apiSecret: string;
}

export interface TurnServer {
  readonly urls: readonly string[];
  readonly secret: string;
}

/** The servers that carry calls; null for those that are not configured. */
export interface CallsConfig {
  readonly livekit: LiveKitKey & { readonly url: string } | null;
  readonly turn: TurnServer | null;
}
