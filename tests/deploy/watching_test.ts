import assert from "node:assert/strict";
import { parse } from "yaml";
import { eventually } from "../support/eventually.ts";
import { metricsOf, valueOf } from "../support/metrics_text.ts";
import { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";
import dashboard from "../../src/deploy/grafana_dashboard.json" with { type: "json" };

const ALERTS = new URL("../../src/deploy/prometheus_alerts.yaml", import.meta.url);
const README = new URL("../../src/deploy/README.md", import.meta.url);

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

Deno.test("the dashboard and the alerts use only metrics of the server", async () => {
  await using app = await RunningApp.start();
  const has = new Set(familiesOf(await metricsOf(app)));
  const expressions = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...(await rules()).map(({ expr }) => expr),
  ];
  assert.ok(expressions.length > 20);
  for (const expression of expressions) {
    for (const [name] of expression.matchAll(/(?:realtimechat|process)_\w+/g)) {
      assert.ok(has.has(name.replace(/_(bucket|count|sum)$/, "")), `${name} in ${expression}`);
    }
  }
});

/** Has a series for each operation, transport and code: too many to serve in advance. */
const OF_OPERATIONS = "realtimechat_operations_total";

Deno.test("each counter of an alert is served before its first event, as an increase needs it", async () => {
  await using app = await RunningApp.start();
  const text = await metricsOf(app);
  const selectors = (await rules()).flatMap((
    { expr },
  ) => [...expr.matchAll(/(\w+_total)(?:\{outcome(=~|!=)"([^"]+)"\})?/g)]).filter(([, name]) =>
    name !== OF_OPERATIONS
  );
  assert.ok(selectors.length >= 8);
  for (const [selector, name, operator, outcomes] of selectors) {
    const series = text.split("\n").filter((line) => line.match(/^\w+/)?.[0] === name);
    assert.ok(series.length > 0 && series.every((line) => line.endsWith(" 0")), selector);
    const served = series.map((line) => /outcome="(\w+)"/.exec(line)?.[1]);
    if (operator === "=~") assert.ok(outcomes.split("|").every((one) => served.includes(one)));
    if (operator === "!=") assert.ok(served.includes(outcomes) && served.length > 1, selector);
  }
});

Deno.test("each alert has a severity, a summary, and instructions in the README", async () => {
  const readme = await Deno.readTextFile(README);
  const found = await rules();
  assert.ok(found.length >= 8);
  for (const { alert, labels, annotations } of found) {
    assert.match(labels.severity, /^(page|ticket)$/);
    assert.ok(annotations.summary.length > 10);
    assert.ok(readme.includes(`\`${alert}\``), `${alert} is not in the README`);
  }
});

Deno.test("/metrics shows commits, deliveries and calls of the database", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
  await using _client = client;
  const before = await metricsOf(app);
  await app.client(ann).post("/api/messages", { chatId: chat.id, text: "counted" });
  await eventually("it is heard", () => client.events.length > 0);
  const after = await metricsOf(app);
  for (
    const series of [
      "realtimechat_commit_duration_seconds_count",
      "realtimechat_commit_revisions_count",
      "realtimechat_deliveries_total",
      'realtimechat_store_duration_seconds_count{store="chats"}',
    ]
  ) {
    assert.ok(valueOf(after, series) > valueOf(before, series), series);
  }
});

async function rules(): Promise<Rule[]> {
  const { groups } = parse(await Deno.readTextFile(ALERTS)) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

function familiesOf(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name);
}
