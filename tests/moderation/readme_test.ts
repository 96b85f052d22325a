import assert from "node:assert/strict";
import { backendOf } from "../support/api_keys.ts";
import { RunningApp } from "../support/running_app.ts";

Deno.test("the commands of the guide to moderation work", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const made = await app.client(bob).post("/api/groups", { name: "G", memberIds: [ann.id] });
  const chatId: string = made.body.id;
  const sent = await app.client(ann).post("/api/messages", { chatId, text: "cheap watches" });
  const report = await app.client(bob).post("/api/users/report", {
    userId: ann.id,
    messageId: sent.body.id,
    reason: "spam",
  });
  assert.equal(report.status, 201, JSON.stringify(report.body));
  const key = await backendOf(app);
  const readme = await Deno.readTextFile(
    new URL("../../src/moderation/README.md", import.meta.url),
  );
  const commands = /```sh\n([^]*?)```/.exec(readme)![1];
  const child = new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", commands],
    env: {
      API: `${app.url}/api`,
      TOKEN: key.token!,
      USER_ID: ann.id,
      CHAT_ID: chatId,
      MESSAGE_ID: sent.body.id,
      REPORT_ID: report.body.id,
    },
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(code, 0, text(stdout) + text(stderr));
  assert.match(text(stdout), /cheap watches/);
  const { items } = (await app.client(bob).get(`/api/messages/${chatId}`)).body;
  assert.notEqual(items[0].deletedAt, null);
  const { members } = (await app.client(bob).get(`/api/chats/${chatId}`)).body;
  assert.deepEqual(members.map(({ userId }: { userId: string }) => userId), [bob.id]);
  assert.deepEqual(app.log, []);
});
