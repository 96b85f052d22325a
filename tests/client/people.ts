import { ChatClient, type ChatClientOptions } from "../../src/client/mod.ts";
import type { Person } from "../support/people.ts";

/** A signed-in and connected client. */
export class TestClient implements AsyncDisposable {
  readonly faults: unknown[] = [];

  constructor(readonly client: ChatClient) {
    client.on("fault", (error) => this.faults.push(error));
  }

  /** Returns the texts shown in a chat, in order. */
  texts(chatId: string): string[] {
    return this.client.model.messagesOf(chatId)
      .filter(({ encrypted }) => encrypted?.isShown ?? true)
      .map(({ text, encrypted }) => {
        return encrypted && encrypted.state !== "read" ? `(${encrypted.state})` : text;
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** With `offline`, the client is not connected. */
export async function clientOf(
  url: string,
  person: Person,
  { device, offline, ...options }:
    & Partial<ChatClientOptions>
    & { device?: string; offline?: boolean } = {},
): Promise<TestClient> {
  const client = new ChatClient({ url, ...options });
  const test = new TestClient(client);
  await client.useSession({
    user: { id: person.id, username: person.username } as never,
    accessToken: person.token,
    refreshToken: "none",
    expiresIn: 3_600,
  });
  if (offline) return test;
  client.connect();
  await client.online();
  if (device !== undefined) await client.enableEncryption(device);
  return test;
}
