import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { openStoreOf } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test({
  name: "the bot of the guide greets who asks for it",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using app = await RunningApp.start();
    const { root, ann } = await app.people("root", "ann");
    const store = await openStoreOf(app.config);
    await store.users.update(root.id, { role: "admin" });
    await store.close();
    const { body: bot } = await app.client(root).post("/api/admin/bots", {
      name: "Greeter",
      username: "greeter",
    });
    const hers = app.client(ann);
    const { body: group } = await hers.post("/api/groups", { name: "Us", memberIds: [bot.id] });
    const readme = await Deno.readTextFile(new URL("../../src/bots/README.md", import.meta.url));
    const program = /```ts\n([^]*?)```/.exec(readme)![1]
      .replace("http://localhost:5000", app.url).replace("the bot's token", bot.token);
    await using folder = await TempDir.make("bot");
    await Deno.writeTextFile(folder.join("bot.ts"), program);
    const args = ["run", "--no-config", "--no-lock", "--allow-net", folder.join("bot.ts")];
    const child = new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).spawn();
    try {
      await eventually("the bot answers", async () => {
        await hers.post("/api/messages", { chatId: group.id, text: "/hello Ann" });
        const { body } = await hers.get(`/api/messages/${group.id}`);
        return body.items.some(({ text, senderId }: { text: string; senderId: string }) =>
          text === "Hello, Ann!" && senderId === bot.id
        );
      }, { within: 60_000, every: 250 });
    } finally {
      child.kill();
      await child.status;
    }
    assert.deepEqual(app.log, []);
  },
});
