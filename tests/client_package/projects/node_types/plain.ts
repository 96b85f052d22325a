// For a project with neither the DOM library nor @types/node: types are as exact as with them.
import { ChatClient, ChatError, type Input, type LocalMessage } from "realtimechat-client";
import { formatSafetyNumber } from "realtimechat-client/encryption";
import { BackendClient, verifyWebhook } from "realtimechat-client/server";

const client = new ChatClient({ url: "http://localhost:5000" });
// @ts-expect-error an option that does not exist
new ChatClient({ url: "http://localhost:5000", timeout: 1 });
const asked: Input<"group.create"> = { name: "Friends" };
const group = await client.call("group.create", asked);
const id: string = group.id;
// @ts-expect-error a name is a string
await client.call("group.create", { name: 1 });
// @ts-expect-error there is no such operation
await client.call("group.crate", asked);
const message = await client.send(id, { text: "hello" });
// @ts-expect-error seq is a number
export const seq: string = message.seq;
client.on("message.created", ({ chatId, rev, data }) => {
  const kind: "text" | "media" | "system" | "encrypted" = data.kind;
  print(chatId, rev + 1, kind, data.reactions.flatMap(({ userIds }) => userIds));
  // @ts-expect-error rows have no body
  data.body;
});
const last: LocalMessage | undefined = client.model.messagesOf(id).at(-1);
print(last?.encrypted?.files.map(({ name }) => name));
const encryption = await client.enableEncryption("phone");
const number: string = await encryption.safetyNumber(id, client.userId);
print(formatSafetyNumber(number));
const backend = new BackendClient({ url: "http://localhost:5000", key: "rtc_1_2" });
const outcomes = await backend.users.putMany([{ externalId: "a", name: "Ann" }]);
print(outcomes.map(({ user }) => user?.user.displayName));
const nodeHeaders: Record<string, string | string[] | undefined> = {};
for (const event of await verifyWebhook("whsec_", nodeHeaders, new Uint8Array())) {
  if (event.type === "message.created") print(event.data?.text, event.rev);
  // @ts-expect-error a deleted account has no name
  if (event.type === "user.deleted") print(event.data?.displayName);
}
try {
  await client.call("message.send", { chatId: id, text: "hi", clientId: "1" });
} catch (error) {
  // @ts-expect-error a code that is not in the union
  if (error instanceof ChatError && error.code === "stale_epochs") throw error;
}

function print(..._values: unknown[]): void {}
