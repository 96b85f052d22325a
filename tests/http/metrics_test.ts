import assert from "node:assert/strict";
import { MetricsRegistry } from "../../src/core/metrics.ts";
import { demoApp, send } from "./demo.ts";

Deno.test("metrics count requests by operation, transport and code, with their durations", async () => {
  const { app } = demoApp();
  await send(app, "POST", "/api/notes", { text: "a" });
  await send(app, "POST", "/api/notes", { text: "b" });
  await send(app, "POST", "/api/notes", { text: 1 });
  const { text, headers } = await send(app, "GET", "/metrics");
  assert.match(headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
  const total = "realtimechat_operations_total";
  assert(text.includes(`# TYPE ${total} counter\n`));
  assert(text.includes(`${total}{operation="note.create",transport="rest",code="ok"} 2\n`));
  assert(
    text.includes(`${total}{operation="note.create",transport="rest",code="invalid_request"} 1\n`),
  );
  const seconds = "realtimechat_operation_duration_seconds";
  assert(text.includes(`${seconds}_count{operation="note.create"} 3\n`));
  assert(text.includes(`${seconds}_bucket{operation="note.create",le="+Inf"} 3\n`));
});

Deno.test("every line of the metrics has the right format", () => {
  const metrics = new MetricsRegistry();
  metrics.counter("a_total", "A", [{}, { x: "y" }]).add({ x: 'quote" back\\slash\nline' });
  const gauge = metrics.gauge("b", "B");
  gauge.set(5);
  gauge.add(-2);
  metrics.gauge("c", "C", () => 7);
  const histogram = metrics.histogram("d", "D", [1, 2]);
  for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
  assert.equal(
    metrics.text(),
    [
      "# HELP a_total A",
      "# TYPE a_total counter",
      "a_total 0",
      'a_total{x="y"} 0',
      'a_total{x="quote\\" back\\\\slash\\nline"} 1',
      "# HELP b B",
      "# TYPE b gauge",
      "b 3",
      "# HELP c C",
      "# TYPE c gauge",
      "c 7",
      "# HELP d D",
      "# TYPE d histogram",
      'd_bucket{le="1"} 2',
      'd_bucket{le="2"} 3',
      'd_bucket{le="+Inf"} 4',
      "d_sum 12",
      "d_count 4",
      "",
    ].join("\n"),
  );
  assert.throws(() => metrics.counter("b", "again", []), /named b already/);
});

Deno.test("metrics require the token if one is configured", async () => {
  const { app } = demoApp({ config: { metricsToken: "a-token-of-metrics" } });
  const as = async (token: string) =>
    (await send(app, "GET", "/metrics", undefined, { authorization: `Bearer ${token}` })).status;
  assert.equal(await as("user"), 401);
  assert.equal(await as("a-token-of-metricz"), 401);
  assert.equal(await as("a-token-of-metrics"), 200);
});
