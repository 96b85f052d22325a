// Answers every message, also those that came while it was down.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { ChatClient, memoryKeyStore } from "realtimechat-client";

const { SERVER: url, BOT: identifier, PASSWORD: password } = process.env;
const client = new ChatClient({ url, storage: fileStore("bot.json") });
client.on("message", async ({ chatId, message: { senderId, text } }) => {
  if (senderId !== client.userId) await client.send(chatId, { text: `You said: ${text}` });
});
client.on("state", (state) => console.log(state));
if (!await client.resume()) await client.signIn({ identifier, password });
client.connect();

// Everything in one file, which is replaced as a whole.
function fileStore(path) {
  const saved = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
  const entries = new Map(saved.map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
  const { write, ...store } = memoryKeyStore(entries);
  return { ...store, write: (changes) => write(changes).then(save) };
  function save() {
    const all = [...entries].map(([name, bytes]) => [name, [...bytes]]);
    writeFileSync(`${path}.new`, JSON.stringify(all), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}
