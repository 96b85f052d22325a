import assert from "node:assert/strict";
import { ChatPersonalData } from "../../src/chats/chat_personal_data.ts";
import { systemMessage } from "../../src/model/system_messages.ts";
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

Deno.test("ChatPersonalData empties system messages that name the person, and no others", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob, cat] } = await world.group(3);
  const { store, services: { groups, writer } } = world;
  const said = (by: string | null, ...userIds: string[]) =>
    writer.write(chatId, (draft) => {
      const metadata = { type: "member.removed" as const, by, userIds };
      const content = { senderId: bob, metadata, custom: null };
      return draft.insertMessage(systemMessage(content, world.now)).id;
    });
  const about = [await said(ann, cat), await said(bob, cat, ann), await said(null, ann)];
  const others = [await said(bob, cat), await said(null, bob)];
  const clock = { now: () => world.now };
  await new ChatPersonalData(store, writer, groups, clock).erase(ann);
  const rows = await store.messages.byIds([...about, ...others]);
  const deleted = rows.filter(({ deletedAt }) => deletedAt !== null).map(({ id }) => id);
  assert.deepEqual(deleted.sort(), about.sort());
  assert.ok(!JSON.stringify(rows).includes(ann));
});
