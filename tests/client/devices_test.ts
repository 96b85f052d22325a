import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("a device that its owner removes leaves the group, and its owner does not", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  await using lost = await clientOf(app.url, bob, { device: "lost tablet" });
  const chat = await anns.client.encryption.createGroup("Friends", [bob.id]);
  const heard: string[] = [];
  anns.client.on("device.updated", ({ data }) => heard.push(`${data.change} ${data.device.name}`));
  const roster = async () => (await anns.client.encryption.roster(chat.id)).map((d) => d.deviceId);
  const { deviceId } = lost.client.encryption;
  assert.ok((await roster()).includes(deviceId));
  await lost.client.close();
  await bobs.client.call("device.remove", { deviceId });
  await eventually("its leaf is removed", async () => !(await roster()).includes(deviceId));
  assert.deepEqual(heard, ["removed lost tablet"]);
  const { memberCount } = await anns.client.call("chat.get", { chatId: chat.id });
  assert.equal(memberCount, 2);
  await eventually("bob is in it", () => bobs.client.model.chat(chat.id));
  await anns.client.send(chat.id, { text: "only the phone" });
  await eventually("bob reads on", () => bobs.texts(chat.id).includes("only the phone"));
});

Deno.test("a device whose key packages run low is notified, and sends more", async () => {
  await using app = await RunningApp.start({ RATE_CLAIMS: "100/60m" });
  const { ann, bob } = await app.people("ann", "bob");
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  await using anns = await clientOf(app.url, ann);
  // Strangers would not receive the last ten.
  await bobs.client.call("group.create", { name: "Both", memberIds: [ann.id] });
  let told = 0;
  bobs.client.on("mls.keyPackagesLow", () => told++);
  const seen = new Set<string>();
  for (let i = 0; i < 45; i++) {
    const { items } = await anns.client.call("keyPackage.claim", { userId: bob.id });
    assert.equal(items.length, 1);
    seen.add(items[0].keyPackage);
  }
  await eventually("it was told", () => told > 0);
  await eventually("there are more", async () => {
    const { deviceId } = bobs.client.encryption;
    return (await bobs.client.call("keyPackage.upload", { deviceId })).remaining >= 15;
  });
  assert.ok(seen.size > 30, `${seen.size} were handed out`);
});

Deno.test("a Commit may be larger than other requests: it is read, and refused for its content", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const http = app.client(ann);
  const large = "A".repeat(1_000_000);
  const body = { epoch: 0, commit: large, groupInfo: large, clientId: newId() };
  const { body: group } = await http.post("/api/groups", { name: "Group", encrypted: true });
  const commit = await http.post(`/api/chats/${group.id}/mls/commit`, body);
  assert.deepEqual([commit.status, commit.body.code], [400, "invalid_request"]);
  assert.match(commit.body.detail, /Cannot read MLS/);
  const other = await http.post("/api/messages", { chatId: group.id, text: large + large });
  assert.deepEqual([other.status, other.body.code], [413, "payload_too_large"]);
});
