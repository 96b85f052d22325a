import { AppError, quote } from "../core/errors.ts";
import type { Store } from "../store/store.ts";
import { BoundedMap } from "./bounded_map.ts";

const MAX_KNOWN = 200_000;

/** Finds people and chats by their external ids. */
export class KnownIds {
  readonly #people = new BoundedMap<string, string>(MAX_KNOWN);
  readonly #chats = new BoundedMap<string, string>(MAX_KNOWN);

  constructor(private readonly store: Pick<Store, "users" | "chats">) {}

  /** Throws `not_found` for a person who is neither in the file before nor in the store. */
  async person(externalId: string): Promise<string> {
    const known = this.#people.get(externalId);
    if (known !== undefined) return known;
    const user = await this.store.users.byExternalId(externalId);
    if (!user) throw missing("person", externalId);
    this.#people.set(externalId, user.id);
    return user.id;
  }

  /** As `person`, for several people, in their order. */
  async people(externalIds: readonly string[]): Promise<string[]> {
    const ids: string[] = [];
    for (const externalId of externalIds) ids.push(await this.person(externalId));
    return ids;
  }

  async chat(externalId: string): Promise<string> {
    const known = this.#chats.get(externalId);
    if (known !== undefined) return known;
    const chat = await this.store.chats.byExternalId(externalId);
    if (!chat) throw missing("chat", externalId);
    this.#chats.set(externalId, chat.id);
    return chat.id;
  }
}

function missing(what: string, externalId: string): AppError {
  return new AppError("not_found", `There is no ${what} ${quote(externalId)}`);
}
