/** One attribute of a span or a log record, as OTLP writes it in JSON. */
interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number };
}

export interface CollectedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Attribute[];
  /** Code 2 marks an error; absent without one. */
  status?: { code?: number };
}

export interface CollectedLog {
  severityText?: string;
  severityNumber: number;
  body: { stringValue: string };
  traceId?: string;
  spanId?: string;
}

/**
 * A dedicated collector for the tests: it accepts OTLP over HTTP in JSON, and keeps what it
 * receives.
 */
export class OtlpCollector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = [];
  readonly logs: CollectedLog[] = [];
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => this.#receive(request),
  );

  /** Environment of a server that exports to this collector. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: "realtimechat",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BLRP_SCHEDULE_DELAY: "100",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #receive(request: Request): Promise<Response> {
    const body = await request.json();
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
    for (const { scopeLogs } of body.resourceLogs ?? []) {
      for (const { logRecords } of scopeLogs) this.logs.push(...logRecords);
    }
    return Response.json({});
  }
}

export function attributeOf(span: CollectedSpan, key: string): string | undefined {
  return span.attributes.find((each) => each.key === key)?.value.stringValue;
}
