import assert from "node:assert/strict";
import type { HttpClient } from "../support/http_client.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { WebhookReceiver } from "../support/webhook_receiver.ts";

export interface World extends AsyncDisposable {
  app: RunningApp;
  backend: WebhookReceiver;
  admin: HttpClient;
  ann: HttpClient;
  /** The person behind `ann`. */
  person: Person;
  /** A group of ann's. */
  chatId: string;
  /** Creates an endpoint for the backend. */
  subscribe(events: string[], batchSize?: number): Promise<string>;
}

export async function openWorld(environment: Record<string, string> = {}): Promise<World> {
  const stack = new AsyncDisposableStack();
  const backend = stack.use(await WebhookReceiver.start());
  const app = stack.use(
    await RunningApp.start({
      WEBHOOK_ALLOW_PRIVATE: backend.origin,
      LIMIT_MESSAGE_HOOK_MS: "5000",
      ...environment,
    }),
  );
  backend.clock = app.clock;
  const people = await app.people("admin", "ann");
  const store = await app.openStore();
  await store.users.update(people.admin.id, { role: "admin" });
  await store.close();
  const [admin, ann] = [app.client(people.admin), app.client(people.ann)];
  const group = await ann.post("/api/groups", { name: "Kites" });
  assert.equal(group.status, 201, JSON.stringify(group.body));
  return {
    app,
    backend,
    admin,
    ann,
    person: people.ann,
    chatId: group.body.id,
    async subscribe(events, batchSize = 1) {
      const fields = { url: backend.url, events, batchSize };
      const { status, body } = await admin.post("/api/admin/webhooks", fields);
      assert.equal(status, 201, JSON.stringify(body));
      backend.secret = body.secret;
      return body.id;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Sends a message and returns its id. */
export async function send(client: HttpClient, chatId: string, text: string): Promise<string> {
  const { status, body } = await client.post("/api/messages", { chatId, text });
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}
