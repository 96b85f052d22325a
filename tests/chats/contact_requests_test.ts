import assert from "node:assert/strict";
import { ChatWorld } from "./chat_world.ts";

const WAYS: [name: string, accept: (world: ChatWorld, bob: string, ann: string) => unknown][] = [
  ["accepted", async (world, bob) => {
    const [{ id }] = await received(world, bob);
    return await world.services.requests.accept(bob, id);
  }],
  ["opening the chat", (world, bob, ann) => world.services.direct.open(bob, ann)],
  ["writing back", (world, bob, ann) => {
    return world.services.sender.send(bob, { recipientId: ann, text: "yes" });
  }],
];

for (const [name, accept] of WAYS) {
  Deno.test(`a contact request is gone once its recipient's call returns (${name})`, async () => {
    await using world = await ChatWorld.make();
    const [ann, bob] = await world.people(2);
    const { contacts } = world.store;
    await contacts.putSettings({ userId: bob, addToGroups: null, write: "nobody" });
    await world.services.direct.open(ann, bob);
    assert.equal((await received(world, bob)).length, 1);
    // A slow store shows what the call does not wait for.
    const remove = contacts.removeRequest.bind(contacts);
    contacts.removeRequest = async (id) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return await remove(id);
    };
    await accept(world, bob, ann);
    assert.deepEqual(await received(world, bob), []);
  });
}

function received({ store, now }: ChatWorld, userId: string) {
  return store.contacts.received(userId, { now, before: null, limit: 9 });
}
