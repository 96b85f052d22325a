import assert from "node:assert/strict";
import { Cluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { attributeOf, type CollectedSpan, OtlpCollector } from "../support/otlp_collector.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { oldestDeno } from "../support/oldest_deno.ts";
import { ServerProcess } from "../support/server_process.ts";
import { skipWithout } from "../support/skip.ts";
import { testEnvironment } from "../support/test_config.ts";
import { WsClient } from "../support/ws_client.ts";

Deno.test("OpenTelemetry has a request, its operation and its commit in one trace", async () => {
  await using collector = new OtlpCollector();
  const env = { ...testEnvironment({ LOG_LEVEL: "info" }), ...collector.env };
  await using server = await ServerProcess.start({ env });
  await assertTraced(server, collector);
});

Deno.test({
  name: "OpenTelemetry has a request, its operation and its commit in one trace on the oldest Deno",
  ignore: skipWithout("oldestDeno", "mongodb"),
  async fn() {
    await using mongodb = await MongodbServer.start();
    await using collector = new OtlpCollector();
    // The server cannot use the SQLite of the oldest Deno.
    const extra = { LOG_LEVEL: "info", MONGODB_URI: mongodb.uri() };
    const env = { ...testEnvironment(extra), ...collector.env };
    await using server = await ServerProcess.start({ env, deno: oldestDeno() });
    await assertTraced(server, collector);
  },
});

Deno.test({
  name: "OpenTelemetry has the delivery on another instance in the trace of the commit",
  ignore: skipWithout("mongodb", "denokv"),
  async fn() {
    await using collector = new OtlpCollector();
    await using cluster = await Cluster.start({ env: collector.env });
    const [first, second] = cluster.instances;
    const { http, token } = await cluster.register("ann");
    const { body: chat } = await http.post("/api/groups", { name: "Traces", memberIds: [] });
    const { client } = await WsClient.connect(second.webSocketUrl, token);
    await using _client = client;
    const ann = new HttpClient(first.url, token);
    const isDelivery = (span: CollectedSpan) => {
      const published = collector.spans.find(({ spanId }) => spanId === span.parentSpanId);
      const request = collector.spans.find(({ name, traceId }) =>
        name === "POST /api/messages" && traceId === span.traceId
      );
      return span.name === "deliver" && published?.name === "publish" && request !== undefined;
    };
    // An instance that is behind on a busy machine reads what it missed, outside of any trace.
    const delivery = await eventually("the delivery is collected", async () => {
      await ann.post("/api/messages", { chatId: chat.id, text: "traced" });
      return collector.spans.find(isDelivery);
    }, { every: 1_000 });
    await eventually("the message is heard", () => client.events.length > 0);
    assert.equal(delivery.traceId.length, 32);
  },
});

async function assertTraced(server: ServerProcess, collector: OtlpCollector): Promise<void> {
  const { status, body } = await new HttpClient(server.url).post("/api/auth/register", {
    username: "ann",
    email: "ann@example.org",
    password: "a password of the tests",
  });
  assert.equal(status, 201, JSON.stringify(body));
  const token = body.accessToken;
  const ann = new HttpClient(server.url, token);
  const { body: chat } = await ann.post("/api/groups", { name: "Traces", memberIds: [] });
  const sent = await ann.post("/api/messages", { chatId: chat.id, text: "traced" });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  const unknown = { chatId: "0190a6e4-0000-7000-8000-000000000000", text: "refused" };
  assert.equal((await ann.post("/api/messages", unknown)).status, 404);
  const refused = await found(collector, "the refused operation", (span) => {
    return span.name === "message.send" && attributeOf(span, "realtimechat.code") === "not_found";
  });
  assert.notEqual(refused.status?.code, 2, "no failure of the server");
  const { client } = await WsClient.connect(server.webSocketUrl, token);
  await using _client = client;
  const reply = await client.command("message.send", { chatId: chat.id, text: "again" });
  assert.equal(reply.ok, true, JSON.stringify(reply));

  const request = await found(collector, "the request", (span) => {
    return span.name === "POST /api/messages";
  });
  assert.equal(attributeOf(request, "http.route"), "/api/messages");
  await operationOf(collector, request.traceId, request.spanId);

  const command = await found(collector, "the command", (span) => {
    return attributeOf(span, "realtimechat.transport") === "ws" && span.name === "message.send";
  });
  assert.equal(command.parentSpanId ?? "", "", "a command begins a trace");
  assert.notEqual(command.traceId, request.traceId);
  await childrenOf(collector, command);

  const line = await eventually("the line of the request is there", () => {
    return collector.logs.find(({ body, traceId }) =>
      traceId === request.traceId && body.stringValue.includes('"message":"request"')
    );
  });
  assert.equal(line.severityNumber, 9, "INFO");
  const fields = JSON.parse(line.body.stringValue);
  assert.equal(fields.traceId, request.traceId);
  assert.equal(fields.spanId, request.spanId);
}

async function operationOf(collector: OtlpCollector, traceId: string, parent: string) {
  const operation = await found(collector, "the operation", (span) => {
    return span.traceId === traceId && span.name === "message.send";
  });
  assert.equal(operation.parentSpanId, parent);
  assert.equal(attributeOf(operation, "realtimechat.transport"), "rest");
  await childrenOf(collector, operation);
}

async function childrenOf(collector: OtlpCollector, { traceId, spanId }: CollectedSpan) {
  for (const name of ["commit", "publish"]) {
    const child = await found(collector, name, (span) => {
      return span.traceId === traceId && span.name === name;
    });
    assert.equal(child.parentSpanId, spanId, name);
  }
}

function found(
  { spans }: OtlpCollector,
  what: string,
  is: (span: CollectedSpan) => boolean,
): Promise<CollectedSpan> {
  return eventually(`${what} is collected`, () => spans.find(is));
}
