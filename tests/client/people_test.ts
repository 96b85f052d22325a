import assert from "node:assert/strict";
import { ChatError } from "../../src/client/mod.ts";
import { People } from "../../src/client/people.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { LiveTimers } from "./live_timers.ts";
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

Deno.test("People fetches the others of a batch when one id is not a user's id", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await anns.client.openDirect(bob.id);
  const { people } = anns.client;
  for (const wrong of ["customer-17", "", bob.id.toUpperCase()]) people.get(wrong);
  const view = people.view(bob.id);
  await eventually("bob is known", () => view.getSnapshot().name === "bob");
  assert.deepEqual(anns.faults.map((fault) => (fault as ChatError).message), [
    'Cannot fetch the user "customer-17": an id is a UUID, as in user.id. An externalId is not one',
    `Cannot fetch the user "${bob.id.toUpperCase()}": an id is a UUID, as in user.id. An externalId is not one`,
  ]);
  await anns.client.close();
  await using _bobs = await clientOf(app.url, bob);
  anns.client.connect();
  await eventually("his presence is known", () => view.getSnapshot().presence?.state === "online");
  assert.equal(anns.faults.length, 2);
});

Deno.test("People fetches after close and connect what close kept it from fetching", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await eventually("ann is known", () => anns.client.people.get(ann.id).name === "ann");
  const view = anns.client.people.view(bob.id);
  // As an effect of React's StrictMode that is run twice.
  const closed = anns.client.close();
  anns.client.connect();
  await closed;
  await eventually("bob is known", () => view.getSnapshot().name === "bob");
});

Deno.test("People pauses after a failure, although each failure makes a screen ask again", async () => {
  using timers = new LiveTimers();
  let calls = 0;
  const faults: unknown[] = [];
  const people = new People(() => {
    calls++;
    return Promise.reject(new ChatError("rate_limited", "Too many requests"));
  }, (fault) => {
    faults.push(fault);
    people.get(idOf(1));
  });
  people.get(idOf(1));
  await eventually("the first request has failed", () => faults.length === 1);
  assert.deepEqual([calls, timers.count], [1, 1]);
  timers.passTime(5_000);
  await eventually("the second request has failed", () => faults.length === 2);
  assert.equal(calls, 2);
  await people.close();
});

Deno.test("People reports a failure for users whom it has dropped in the meantime", async () => {
  const answer = Promise.withResolvers<never>();
  const faults: unknown[] = [];
  let calls = 0;
  const people = new People(() => {
    calls++;
    return answer.promise;
  }, (fault) => faults.push(fault));
  people.get(idOf(0));
  await eventually("the first is requested", () => calls === 1);
  for (let number = 1; number <= 2_000; number++) people.get(idOf(number));
  assert.equal(people.all().length, 2_000);
  answer.reject(new ChatError("offline", "The connection broke"));
  await people.close();
  assert.deepEqual(faults.map((fault) => (fault as ChatError).code), ["offline"]);
});

function idOf(number: number): string {
  return `01a22e91-fefd-769c-9322-${number.toString(16).padStart(12, "0")}`;
}
