/** Values of a span, from closed sets: never a text, an address or a token. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface SpanOptions {
  attributes?: SpanAttributes;
  /** Starts a separate trace, even within another one. */
  isRoot?: boolean;
}

/**
 * Spans of OpenTelemetry, behind a port: where telemetry is off, none of it is loaded or costs
 * anything.
 */
export interface Tracing {
  readonly isOn: boolean;
  /**
   * Runs `work` within a span of this name, a child of the active one. An error of the server marks
   * it.
   */
  span<T>(name: string, work: () => T, options?: SpanOptions): T;
  /** Names the active span, which is the request's, by its route and not by its path. */
  nameRequest(method: string, route: string): void;
  /** Returns a function that runs its argument within the span that is active now. */
  bind(): <T>(work: () => T) => T;
  /** The active span as a `traceparent` (W3C Trace Context); null outside of any span. */
  traceparent(): string | null;
  /**
   * Runs `work` within a span whose parent is in another process; a malformed `traceparent` begins
   * a trace.
   */
  continued<T>(traceparent: string, name: string, work: () => T): T;
  /** Ids of the active span, for log lines; empty outside of any span. */
  ids(): { traceId?: string; spanId?: string };
}

export const NO_TRACING: Tracing = {
  isOn: false,
  span: (_name, work) => work(),
  nameRequest() {},
  bind: () => (work) => work(),
  traceparent: () => null,
  continued: (_traceparent, _name, work) => work(),
  ids: () => ({}),
};
