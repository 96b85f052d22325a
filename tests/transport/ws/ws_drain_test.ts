import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { RunningApp } from "../../support/running_app.ts";
import { WsClient } from "../../support/ws_client.ts";

const WRITERS = 30;
const AT_ONCE = 3;

/** Sends one command after the other until the socket is closed. */
async function talk(client: WsClient, onAnswer: () => void): Promise<void> {
  while ((await client.command("ping", {})).ok) onAnswer();
}

Deno.test("/ws: a client that sends while the server drains is asked to reconnect, like all others", async () => {
  const app = await RunningApp.start({
    RATE_SIGNAL: "1000000/1s",
    LIMIT_SOCKETS_PER_USER: String(WRITERS),
  });
  const { ann } = await app.people("ann");
  const clients = await Promise.all(
    Array.from({ length: WRITERS }, () => WsClient.connect(app.webSocketUrl, ann.token)),
  );
  let answers = 0;
  const talks = clients.flatMap(({ client }) =>
    Array.from({ length: AT_ONCE }, () => talk(client, () => answers++))
  );
  await eventually("all are talking", () => answers > WRITERS * AT_ONCE * 10);
  await app[Symbol.asyncDispose]();
  const closes = await Promise.all(clients.map(({ client }) => client.closed));
  await Promise.all(talks);
  assert.deepEqual(closes.map(({ code }) => code), Array(WRITERS).fill(1012));
});
