/** Loads everything first, and hydrates the server's HTML then. */
import { hydrateRoot } from "react-dom/client";
import { ChatClient } from "../../../src/client/mod.ts";
import { hydratedApp } from "./hydrated_app.ts";

const { url, id, username, token, chatId, userId } = JSON.parse(atob(location.hash.slice(1)));
const client = new ChatClient({ url });
const user = { id, username } as never;
await client.useSession({ user, accessToken: token, refreshToken: "none", expiresIn: 3_600 });
client.connect();
await client.online();
await client.openChat(chatId);
client.chat(chatId).setDraft({ text: "a draft" });
const refused: string[] = [];
Object.assign(globalThis, { refused });
hydrateRoot(document.getElementById("root")!, hydratedApp(client, { chatId, userId }), {
  onRecoverableError: (error: unknown) => refused.push(String(error)),
});
