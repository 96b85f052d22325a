import { ChatClient } from "../../src/client/mod.ts";

export const PASSWORD = "a long password";

/** Somebody who has an account and is connected. */
export async function registered(url: string, name: string): Promise<ChatClient & AsyncDisposable> {
  const client = new ChatClient({ url });
  const username = `${name}_${crypto.randomUUID().slice(0, 8)}`;
  await client.register({ username, email: `${username}@example.org`, password: PASSWORD });
  client.connect();
  await client.online();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Texts of messages as they come, and a way to wait for so many. */
export function textsTo(
  client: ChatClient,
): { texts: string[]; until(count: number): Promise<void> } {
  const texts: string[] = [];
  const waiting: { count: number; resolve(): void }[] = [];
  client.on("message", ({ message }) => {
    if (message.senderId === client.userId) return;
    texts.push(message.text);
    for (const { count, resolve } of waiting) if (texts.length >= count) resolve();
  });
  function until(count: number): Promise<void> {
    return new Promise((resolve) =>
      texts.length >= count ? resolve() : waiting.push({ count, resolve })
    );
  }
  return { texts, until };
}
