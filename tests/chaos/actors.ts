import { ChatError } from "../../src/client/mod.ts";
import { delay } from "../../src/core/delay.ts";
import { CatchingUpClient } from "../support/catching_up_client.ts";
import { clientOf, type TestClient } from "../client/people.ts";
import type { Person } from "../support/people.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { ChaosWorld } from "./world.ts";

/** A person who writes and reads with one of the two kinds of clients. */
export interface Actor extends AsyncDisposable {
  readonly person: Person;
  /** Sends, edits, reacts and deletes until `isOver`; resolves once every command got its reply. */
  act(random: Random, isOver: () => boolean): Promise<void>;
  /** Messages of the chat as this client has them, in order. */
  messages(chatId: string): { id: string; rev: number; text: string | null }[];
  cursor(chatId: string): number;
}

/** An actor that uses the client library. */
export class LibraryActor implements Actor {
  /** Data of the `message` events, in order. */
  readonly told: string[] = [];
  #count = 0;

  private constructor(
    readonly person: Person,
    private readonly test: TestClient,
    private readonly ledger: Ledger,
  ) {
    test.client.on("message", ({ chatId, message }) => {
      if (chatId === ledger.chatId) this.told.push(message.id);
    });
  }

  static async start(world: ChaosWorld, person: Person, ledger: Ledger): Promise<LibraryActor> {
    const test = await clientOf(world.url, person, { timeoutMs: 5_000 });
    return new LibraryActor(person, test, ledger);
  }

  async act(random: Random, isOver: () => boolean): Promise<void> {
    const sends: Promise<void>[] = [];
    while (!isOver()) {
      if (random.next() < 0.7) sends.push(this.#send());
      else await this.#change(random).catch(ignorePassing);
      await delay(random.between(5, 60));
    }
    await Promise.all(sends);
  }

  messages(chatId: string) {
    return this.test.client.model.messagesOf(chatId).filter(({ seq }) => seq > 0);
  }

  cursor(chatId: string): number {
    return this.test.client.model.chat(chatId)?.cursor ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.test[Symbol.asyncDispose]();
  }

  async #send(): Promise<void> {
    const text = `${this.person.username} ${this.#count++}`;
    this.ledger.acknowledged(await this.test.client.send(this.ledger.chatId, { text }));
  }

  async #change(random: Random): Promise<void> {
    const { client } = this.test;
    const { chatId } = this.ledger;
    const own = this.messages(chatId).filter((each) =>
      "senderId" in each && each.senderId === this.person.id && each.text !== ""
    );
    if (own.length === 0) return;
    const { id } = random.of(own);
    const choice = random.next();
    if (choice < 0.4) {
      const text = `edited ${this.#count++}`;
      this.ledger.editing(id, text);
      await client.edit(chatId, id, text);
    } else if (choice < 0.9) await client.react(chatId, id, random.of(["👍", "❤️", "🎉"]));
    else {
      this.ledger.deleting(id);
      await client.delete(id);
    }
  }
}

/** An actor with a client written from the documented protocol alone. */
export class StrictActor implements Actor {
  #count = 0;

  private constructor(
    readonly person: Person,
    private readonly client: CatchingUpClient,
    private readonly ledger: Ledger,
  ) {}

  static async start(world: ChaosWorld, person: Person, ledger: Ledger): Promise<StrictActor> {
    const urls = [`${world.url.replace("http", "ws")}/ws`];
    const client = new CatchingUpClient({ urls, token: person.token });
    return new StrictActor(person, await client.start(), ledger);
  }

  async act(random: Random, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const text = `${this.person.username} ${this.#count++}`;
      this.ledger.acknowledged(await this.client.send(this.ledger.chatId, text));
      await delay(random.between(5, 60));
    }
  }

  messages(chatId: string) {
    return [...this.client.chat(chatId).messages.values()].sort((a, b) => a.seq - b.seq);
  }

  cursor(chatId: string): number {
    return this.client.chat(chatId).cursor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.stop();
  }
}

/** A change that fails for lack of a connection may or may not have happened: both are allowed. */
function ignorePassing(error: unknown): void {
  const passing = [
    "offline",
    "unavailable",
    "internal",
    "request_timeout",
    "not_found",
    "conflict",
  ];
  if (error instanceof ChatError && passing.includes(error.code)) return;
  throw error;
}
