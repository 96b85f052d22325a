import { ChatClient } from "../../src/client/mod.ts";

export const PASSWORD = "a long password";

/** A person who has an account and is connected. */
export async function registered(url: string, name: string): Promise<ChatClient & AsyncDisposable> {
  const client = new ChatClient({ url });
  const username = `${name}_${crypto.randomUUID().slice(0, 8)}`;
  await client.register({ username, email: `${username}@example.org`, password: PASSWORD });
  client.connect();
  await client.online();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Milliseconds that `until` waits; only a failing test waits that long. */
const PATIENCE_MS = 30_000;

/** Collects the texts of messages, and waits for a number of them. */
export function textsTo(
  client: ChatClient,
): { texts: string[]; until(count: number): Promise<void> } {
  const texts: string[] = [];
  client.on("message", ({ message }) => {
    if (message.senderId !== client.userId) texts.push(message.text);
  });
  async function until(count: number): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (texts.length < count) {
      if (Date.now() > end) {
        throw new Error(`There are ${texts.length} of ${count} texts: ${texts}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return { texts, until };
}
