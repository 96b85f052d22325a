import assert from "node:assert/strict";
import ts from "typescript";
import { clientDeclarations } from "../tools/client_declarations.ts";
import { TempDir } from "../support/temp_dir.ts";

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
};

Deno.test("the bundle's types need nothing else, and hold a program to the server's contract", async () => {
  await using folder = await TempDir.make("types");
  await Deno.writeTextFile(folder.join("realtimechat_client.d.ts"), clientDeclarations());
  const path = folder.join("main.ts");
  await Deno.writeTextFile(path, CONSUMER);
  // Where a type is too wide, `@ts-expect-error` has nothing to expect, and that is an error.
  const faults = ts.getPreEmitDiagnostics(ts.createProgram([path], OPTIONS));
  const texts = faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  assert.deepEqual(texts, []);
});

const CONSUMER = `
import { ChatClient, ChatError, type Input, type LocalMessage } from "./realtimechat_client.js";
const client = new ChatClient({ url: "http://localhost:5000" });
const asked: Input<"group.create"> = { name: "Friends" };
const group = await client.call("group.create", asked);
const id: string = group.id;
// @ts-expect-error a name is a string
await client.call("group.create", { name: 1 });
// @ts-expect-error there is no such operation
await client.call("group.crate", asked);
const message = await client.send(id, { text: "hello" });
// @ts-expect-error seq is a number
const seq: string = message.seq;
client.on("message.created", ({ chatId, rev, data }) => {
  const kind: "text" | "media" | "system" | "encrypted" = data.kind;
  console.log(chatId, rev + 1, kind, data.reactions.flatMap(({ userIds }) => userIds));
  // @ts-expect-error rows have no body
  data.body;
});
const last: LocalMessage | undefined = client.model.messagesOf(id).at(-1);
console.log(last?.encrypted?.files.map(({ name }) => name), seq);
const encryption = await client.enableEncryption("phone");
const number: string = await encryption.safetyNumber(id, client.userId);
console.log(number);
try {
  await client.call("message.send", { chatId: id, text: "hi", clientId: "1" });
} catch (error) {
  // @ts-expect-error a code that is not in the union
  if (error instanceof ChatError && error.code === "stale_epochs") throw error;
}
`;
