import type { Context, Span } from "@opentelemetry/api";
import { AppError } from "./errors.ts";
import type { SpanOptions, Tracing } from "./tracing.ts";

/** Codes of the server's failures; all others are ordinary responses. */
const FAILURES = ["internal", "unavailable"];

/** Version 00 of W3C Trace Context. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Spans through Deno's own exporter, which registers itself with this package when OTEL_DENO is
 * set.
 */
export async function openTracing(): Promise<Tracing> {
  const { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = await import(
    "@opentelemetry/api"
  );
  const tracer = trace.getTracer("realtimechat");

  const begin = (name: string, { attributes, isRoot = false }: SpanOptions): Span =>
    tracer.startSpan(name, {
      attributes,
      root: isRoot,
      kind: isRoot ? SpanKind.SERVER : SpanKind.INTERNAL,
    });

  const fail = (span: Span, error: unknown): void => {
    const code = error instanceof AppError ? error.code : "internal";
    span.setAttribute("realtimechat.code", code);
    if (FAILURES.includes(code)) span.setStatus({ code: SpanStatusCode.ERROR });
  };

  const follow = async (span: Span, result: PromiseLike<unknown>): Promise<unknown> => {
    try {
      return await result;
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  };

  const tracing: Tracing = {
    isOn: true,
    span<T>(name: string, work: () => T, options: SpanOptions = {}): T {
      const span = begin(name, options);
      let result: T;
      try {
        result = context.with(trace.setSpan(context.active(), span), work);
      } catch (error) {
        fail(span, error);
        span.end();
        throw error;
      }
      if (result instanceof Promise) return follow(span, result) as T;
      span.end();
      return result;
    },
    nameRequest(method, route) {
      const span = trace.getActiveSpan();
      span?.updateName(`${method} ${route}`);
      span?.setAttribute("http.route", route);
    },
    bind() {
      const bound: Context = context.active();
      return (work) => context.with(bound, work);
    },
    traceparent() {
      const span = trace.getActiveSpan()?.spanContext();
      if (span === undefined) return null;
      const flags = span.traceFlags.toString(16).padStart(2, "0");
      return `00-${span.traceId}-${span.spanId}-${flags}`;
    },
    continued(traceparent, name, work) {
      const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
      if (traceId === undefined) return tracing.span(name, work, { isRoot: true });
      const parent = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
      return context.with(
        trace.setSpanContext(ROOT_CONTEXT, parent),
        () => tracing.span(name, work),
      );
    },
    ids() {
      const span = trace.getActiveSpan()?.spanContext();
      return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
    },
  };
  return tracing;
}
