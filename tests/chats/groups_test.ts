import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { aBlock } from "../contract/store/rows.ts";
import { ChatWorld, refusal } from "./chat_world.ts";

Deno.test("Groups transfers ownership to the longest-standing admin, then member, when the owner leaves", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [owner, first, second, admin] } = await world.group(4);
  const { groups } = world.services;
  await groups.setRole(owner, chatId, admin, "admin");
  await groups.remove(owner, chatId, owner);
  assert.deepEqual(await world.roles(chatId), {
    [owner]: "left",
    [first]: "member",
    [second]: "member",
    [admin]: "owner",
  });
  await groups.remove(admin, chatId, admin);
  const roles = await world.roles(chatId);
  assert.deepEqual(Object.values(roles).filter((role) => role === "owner").length, 1);
  for (const id of [first, second]) await groups.remove(id, chatId, id);
  assert.ok(Object.values(await world.roles(chatId)).every((role) => role === "left"));
  assert.equal((await world.store.chats.byId(chatId))!.memberCount, 0);
});

Deno.test("Groups makes the owner an admin when they transfer ownership", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [owner, next] } = await world.group(2);
  const { groups } = world.services;
  await assert.rejects(groups.setRole(owner, chatId, owner, "member"), refusal("conflict"));
  await groups.setRole(owner, chatId, next, "owner");
  assert.deepEqual(await world.roles(chatId), { [owner]: "admin", [next]: "owner" });
  await assert.rejects(groups.setRole(owner, chatId, next, "member"), refusal("forbidden"));
});

Deno.test("Groups lets admins remove members, but neither each other nor the owner", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [owner, a, b, member] } = await world.group(4);
  const { groups } = world.services;
  for (const id of [a, b]) await groups.setRole(owner, chatId, id, "admin");
  await assert.rejects(groups.remove(a, chatId, b), refusal("forbidden"));
  await assert.rejects(groups.remove(a, chatId, owner), refusal("forbidden"));
  await assert.rejects(groups.remove(member, chatId, a), refusal("forbidden"));
  await groups.remove(a, chatId, member);
  await groups.remove(owner, chatId, b);
  await assert.rejects(groups.remove(a, chatId, member), refusal("not_found", /member/));
});

Deno.test("Groups enforces the maximum size, and skips people who are members already", async () => {
  await using world = await ChatWorld.make({ groupMembers: 3 });
  const { chatId, ids: [owner, member] } = await world.group(2);
  const [c, d] = await world.people(2);
  const { groups } = world.services;
  await assert.rejects(groups.add(owner, chatId, [c, d]), refusal("conflict"));
  await groups.add(owner, chatId, [member, c]);
  assert.equal((await world.store.chats.byId(chatId))!.memberCount, 3);
  const rev = (await world.store.chats.byId(chatId))!.rev;
  await groups.add(owner, chatId, [member, c]);
  assert.equal((await world.store.chats.byId(chatId))!.rev, rev);
  const group = { name: "G", description: "", memberIds: [member, c, d], encrypted: false };
  await assert.rejects(groups.create(owner, group), refusal("conflict"));
});

Deno.test("Groups adds no one who has blocked the caller, or who does not exist", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [owner] } = await world.group(1);
  const [shy] = await world.people(1);
  await world.store.blocks.add(aBlock({ blockerId: shy, blockedId: owner }), Infinity);
  for (const id of [shy, newId()]) {
    await assert.rejects(world.services.groups.add(owner, chatId, [id]), refusal("not_found"));
  }
});

Deno.test("Groups takes no revision for a change without effect", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [owner, member] } = await world.group(2);
  const { groups } = world.services;
  await groups.update(owner, chatId, { name: "Group", description: undefined });
  await groups.setRole(owner, chatId, member, "member");
  assert.equal((await world.store.chats.byId(chatId))!.rev, 3);
  await groups.update(owner, chatId, { name: "New" });
  const chat = (await world.store.chats.byId(chatId))!;
  assert.deepEqual([chat.name, chat.rev, chat.detailsRev], ["New", 4, 4]);
});

Deno.test("Groups has one owner among the remaining members when owner and admins leave at once", async () => {
  for (let round = 0; round < 3; round++) {
    await using world = await ChatWorld.make();
    const { chatId, ids: [owner, admin, member, last] } = await world.group(4);
    const other = world.instance();
    await world.services.groups.setRole(owner, chatId, admin, "admin");
    await Promise.allSettled([
      world.services.groups.remove(owner, chatId, owner),
      other.groups.remove(admin, chatId, admin),
      other.groups.remove(admin, chatId, member),
    ]);
    const roles = await world.roles(chatId);
    assert.deepEqual(Object.values(roles).filter((role) => role === "owner").length, 1);
    assert.deepEqual([roles[owner], roles[admin]], ["left", "left"]);
    assert.notEqual(roles[last], "left");
    await other.writer.idle();
  }
});
