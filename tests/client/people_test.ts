import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("People fetches names and presence when first needed, and keeps them up to date", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await anns.client.openDirect(bob.id);
  const view = anns.client.people.view(bob.id);
  assert.equal(view.getSnapshot().name, "");
  let told = 0;
  view.subscribe(() => told++);
  await eventually("he is known", () => view.getSnapshot().presence?.state === "offline");
  const known = view.getSnapshot();
  assert.deepEqual([known.name, known.username, known.blocked], ["bob", "bob", false]);
  assert.equal(view.getSnapshot(), known);
  await using bobs = await clientOf(app.url, bob);
  await eventually("he is there", () => view.getSnapshot().presence?.state === "online");
  assert.equal(view.getSnapshot().custom, undefined);
  await bobs.client.call("user.update", {
    displayName: "Bob the Builder",
    custom: { trade: "mason" },
  });
  await eventually("he is renamed", () => view.getSnapshot().name === "Bob the Builder");
  assert.deepEqual(view.getSnapshot().custom, { trade: "mason" });
  assert.equal(bobs.client.user?.displayName, "Bob the Builder");
  assert.ok(told >= 3);
});

Deno.test("People asks the server once for each person", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cleo } = await app.people("ann", "bob", "cleo");
  const asked: string[] = [];
  await using anns = await clientOf(app.url, ann, {
    fetch: (input, init) => {
      const { pathname, searchParams } = new URL(String(input));
      if (pathname === "/api/users") asked.push(...searchParams.getAll("userIds"));
      return fetch(input, init);
    },
  });
  const { people } = anns.client;
  for (const { id, username } of [bob, cleo]) {
    const view = people.view(id);
    await eventually("they are known", () => view.getSnapshot().name === username);
  }
  const others = asked.flatMap((each) => each.split(",")).filter((id) => id !== ann.id);
  assert.deepEqual(others, [bob.id, cleo.id]);
});

Deno.test("People fetches again after a failure, once there is a connection", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  let isOffline = false;
  await using anns = await clientOf(app.url, ann, {
    fetch: (input, init) => {
      if (isOffline && String(input).includes("/api/users")) return Promise.reject(new TypeError());
      return fetch(input, init);
    },
  });
  isOffline = true;
  await anns.client.openDirect(bob.id);
  const view = anns.client.people.view(bob.id);
  await eventually("it has failed", () => anns.faults.length > 0);
  isOffline = false;
  anns.client.reconnect();
  await eventually("he is known", () => view.getSnapshot().name === "bob");
});
