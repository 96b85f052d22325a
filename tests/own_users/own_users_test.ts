import assert from "node:assert/strict";
import { putOwnUsers } from "../../src/api/operations/own_users.ts";
import { AppError } from "../../src/core/errors.ts";
import type { ServerCaller } from "../../src/model/caller.ts";
import { ownUserHandlers, type OwnUserServices } from "../../src/own_users/handlers.ts";
import { attacks, REST } from "../security/attacks.ts";
import { backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import { OwnIssuer } from "../support/own_issuer.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { WsClient } from "../support/ws_client.ts";
import { aUser } from "../contract/store/rows.ts";

for (const store of testedStores()) {
  Deno.test({
    name: `${store.name}: members of a chat learn that a backend or a token renamed one of them`,
    ignore: store.ignore,
    fn: async () => {
      await using issuer = await OwnIssuer.start();
      await using app = await RunningApp.start({ ...issuer.environment, ...store.environment() });
      const { bob } = await app.people("bob");
      const backend = await backendOf(app);
      const { body: { user } } = await backend.put("/api/server/users/ann", { name: "Ann" });
      await app.client(bob).post("/api/chats", { userId: user.id });
      const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
      await using socket = client;
      const isTold = (name: string) =>
        eventually(
          `the name ${name}`,
          () =>
            socket.events.some(({ event, data }) =>
              event === "user.updated" && (data as { displayName: string }).displayName === name
            ),
        );
      await backend.put("/api/server/users/ann", { name: "Ann by the backend" });
      await isTold("Ann by the backend");
      const token = await issuer.token("ann", app.clock.now(), { name: "Ann by a token" });
      assert.equal((await app.client().as(token).get("/api/users/profile")).body.id, user.id);
      await isTold("Ann by a token");
      assert.deepEqual(app.log, []);
    },
  });
}

const test = attacks();
const ANN = "/api/server/users/ann";

test(REST, "a backend changes each field of a person by itself", async (app) => {
  const backend = await backendOf(app);
  await backend.put(ANN, { name: "Ann", username: "ann", bio: "Hi", custom: { tier: "gold" } });
  const fields: [string, string, unknown][] = [
    ["name", "displayName", "Anna"],
    ["username", "username", "anna"],
    ["bio", "bio", "Hello"],
    ["custom", "custom", { tier: "silver" }],
  ];
  for (const [field, shown, value] of fields) {
    await backend.put(ANN, { [field]: value });
    assert.deepEqual((await backend.get(ANN)).body.user[shown], value, field);
  }
  const { body } = await backend.put(ANN, { custom: null });
  assert.equal(body.user.custom ?? null, null);
  assert.deepEqual(app.log, []);
});

test(REST, "a decision on a person that changes nothing is not recorded", async (app) => {
  const backend = await backendOf(app);
  const { body: { user } } = await backend.put(ANN, {});
  const recorded = async () => {
    const store = await app.openStore();
    const entries = await store.audit.ofUser(user.id, { before: null, limit: 20 });
    await store.close();
    return entries.map(({ action }) => action).reverse();
  };
  for (const decision of ["reactivate", "deactivate", "deactivate", "reactivate", "reactivate"]) {
    assert.equal((await backend.post(`${ANN}/${decision}`, {})).status, 200);
  }
  assert.deepEqual(await recorded(), [
    "account.registered",
    "user.deactivated",
    "user.reactivated",
  ]);
  assert.deepEqual(app.log, []);
});

Deno.test("a batch reports what is wrong with a person, and fails as a whole in an outage", async () => {
  const people = {
    put: (_caller: unknown, externalId: string) =>
      externalId === "good"
        ? Promise.resolve({ user: aUser({ externalId }), made: true })
        : Promise.reject(new AppError(externalId as "conflict" | "unavailable", "It failed")),
  };
  const services = { people, pictures: {} } as unknown as OwnUserServices;
  const { handle } = ownUserHandlers(services).find(({ operation }) => operation === putOwnUsers)!;
  const put = (...ids: string[]) =>
    handle({} as ServerCaller, { users: ids.map((externalId) => ({ externalId })) });
  const { items } = await put("good", "conflict") as { items: { error: unknown }[] };
  assert.deepEqual(items.map(({ error }) => error), [
    null,
    { code: "conflict", detail: "It failed" },
  ]);
  await assert.rejects(put("good", "unavailable"), { code: "unavailable" });
});
