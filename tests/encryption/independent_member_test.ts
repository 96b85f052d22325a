import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { clientOf } from "../client/people.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { type FileContent, IndependentMember } from "./independent_member.ts";

Deno.test("a member written from the protocol alone reads and writes messages, edits, reactions and files", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, dan } = await app.people("ann", "bob", "dan");
  const dans = await IndependentMember.register(app.client(dan), dan);
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const { client } = anns;
  const { id } = await client.encryption.createGroup("Friends", [dan.id]);
  assert.ok(await dans.join(id));

  const hello = await client.send(id, { text: "hello" });
  await client.edit(id, hello.id, "hello, Dan");
  await client.react(id, hello.id, "👍");
  const file = new File(["x".repeat(100_000)], "plan.txt", { type: "text/plain" });
  const files = [await client.files.uploadEncrypted(file, id)];
  await client.send(id, { text: "the plan", replyTo: hello.id, files });
  await dans.catchUp(id);
  const target = { senderId: ann.id, clientId: hello.clientId };
  const [first, edit, reaction, plan] = dans.read.map(({ content }) => content);
  assert.deepEqual([first.kind, first.text], ["message", "hello"]);
  assert.deepEqual([edit.kind, edit.text, edit.target], ["edit", "hello, Dan", target]);
  assert.deepEqual([reaction.kind, reaction.emoji, reaction.target], ["reaction", "👍", target]);
  assert.deepEqual([plan.text, plan.replyTo], ["the plan", target]);
  const [described] = plan.files as FileContent[];
  assert.deepEqual([described.name, described.size], ["plan.txt", 100_000]);
  assert.equal((await dans.download(described)).toString(), "x".repeat(100_000));

  const kept = await dans.upload(id, "answer.txt", Buffer.from("y".repeat(70_000)));
  await dans.send(
    id,
    { kind: "message", clientId: "d-1", text: "thanks", replyTo: target, files: [kept] },
    [kept.mediaId],
  );
  const own = { senderId: dan.id, clientId: "d-1" };
  await dans.send(id, { kind: "edit", clientId: "d-2", target: own, text: "thanks, Ann" });
  await dans.send(id, { kind: "reaction", clientId: "d-3", target, emoji: "🎉", remove: false });
  const rows = () => client.model.messagesOf(id);
  const answer = await eventually("she reads it", () => {
    return rows().find(({ text }) => text === "thanks, Ann");
  });
  assert.equal(answer.replyTo, hello.id);
  const downloaded = await client.files.downloadEncrypted(answer.encrypted!.files[0]);
  assert.equal(new TextDecoder().decode(downloaded), "y".repeat(70_000));
  await eventually("she sees the reaction", () => {
    const { reactions } = rows().find((row) => row.id === hello.id)!;
    return reactions.some(({ emoji, userIds }) => emoji === "🎉" && userIds.includes(dan.id));
  });

  await dans.catchUp(id);
  await dans.renewKeys(id);
  await dans.catchUp(id);
  await client.encryption.addPeople(id, [bob.id]);
  await eventually("he is in it", () => bobs.client.model.chat(id));
  await client.send(id, { text: "welcome, Bob" });
  await dans.catchUp(id);
  assert.equal(dans.read.at(-1)?.content.text, "welcome, Bob");
  await dans.send(id, { kind: "message", clientId: "d-4", text: "hello, Bob" });
  await eventually("he reads it", () => bobs.texts(id).includes("hello, Bob"));
  assert.deepEqual([...anns.faults, ...bobs.faults], []);
});
