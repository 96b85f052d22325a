import assert from "node:assert/strict";
import { ChatPersonalData } from "../../src/chats/chat_personal_data.ts";
import type { MembershipStore } from "../../src/store/membership_store.ts";
import { ChatWorld } from "./chat_world.ts";

Deno.test("ChatPersonalData removes a person from a group they are added to during their erasure", async () => {
  await using world = await ChatWorld.make();
  const [own, other] = [await world.group(2), await world.group(2)];
  const [ann] = own.ids;
  const { store, services: { groups, sender, writer } } = world;
  const { message } = await sender.send(ann, { chatId: own.chatId, text: "mine" });
  let looks = 0;
  const ofUser: MembershipStore["ofUser"] = async (userId) => {
    const rows = await store.memberships.ofUser(userId);
    if (looks++ === 0) await groups.add(other.ids[0], other.chatId, [ann]);
    return rows;
  };
  const { messages, chats } = store;
  const memberships = { ofUser } as MembershipStore;
  const clock = { now: () => world.now };
  await new ChatPersonalData({ messages, chats, memberships }, writer, groups, clock).erase(ann);
  assert.deepEqual(await world.roles(own.chatId), { [ann]: "left", [own.ids[1]]: "owner" });
  assert.equal((await world.roles(other.chatId))[ann], "left");
  assert.equal((await messages.byId(message.id))!.text, "");
});
