import type { Call } from "../call.ts";
import type { Input, Output } from "../rest.ts";

/** A person of your product. */
export type OwnUser = Output<"ownUser.put">;
export type OwnUserFields = Omit<Input<"ownUser.put">, "externalId">;
/** Outcome for one person of several: the person, or the error. */
export type OwnUserOutcome = Output<"ownUser.putMany">["items"][number];

/** People that one request may have. */
const BATCH = 100;

/**
 * The people of your product, by your own ids.
 *
 * ```ts ignore
 * const { user } = await chat.users.put("customer-17", { name: "Ann Example" });
 * ```
 */
export class OwnUsers {
  readonly #call: Call;
  readonly #fetch: (path: string) => Promise<unknown>;

  /** @internal */
  constructor(call: Call, fetch: (path: string) => Promise<unknown>) {
    this.#call = call;
    this.#fetch = fetch;
  }

  /**
   * Makes the person, or changes what is given.
   *
   * ```ts ignore
   * await chat.users.put("customer-17", { name: "Ann Example", custom: { plan: "gold" } });
   * ```
   */
  put(externalId: string, fields: OwnUserFields): Promise<OwnUser> {
    return this.#call("ownUser.put", { externalId, ...fields });
  }

  /**
   * Makes or changes any number of people, 100 in a request; each succeeds or fails by itself.
   * Returns the outcomes in order. Throws if a field of one could never be right.
   *
   * ```ts ignore
   * const outcomes = await chat.users.putMany([{ externalId: "customer-18", name: "Bob" }]);
   * for (const { externalId, error } of outcomes) if (error) console.log(externalId, error.detail);
   * ```
   */
  async putMany(
    users: readonly (OwnUserFields & { externalId: string })[],
  ): Promise<OwnUserOutcome[]> {
    const outcomes: OwnUserOutcome[] = [];
    for (let at = 0; at < users.length; at += BATCH) {
      const batch = users.slice(at, at + BATCH);
      outcomes.push(...(await this.#call("ownUser.putMany", { users: batch })).items);
    }
    return outcomes;
  }

  /**
   * Throws `not_found` if there is no such person.
   *
   * ```ts ignore
   * const { user } = await chat.users.get("customer-17");
   * ```
   */
  get(externalId: string): Promise<OwnUser> {
    return this.#call("ownUser.get", { externalId });
  }

  /**
   * All people, in order of their external ids.
   *
   * ```ts ignore
   * for await (const { externalId, user } of chat.users.list()) console.log(externalId, user.id);
   * ```
   */
  async *list(): AsyncGenerator<OwnUser, void, undefined> {
    let cursor: string | undefined;
    do {
      const { items, next } = await this.#call("ownUser.list", { limit: BATCH, cursor });
      yield* items;
      cursor = next ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * Opens a session for a person's device: `useSession` of the client library takes it.
   *
   * ```ts ignore
   * const session = await chat.users.signIn("customer-17", { deviceName: "Phone" });
   * ```
   */
  signIn(
    externalId: string,
    options: { deviceName?: string } = {},
  ): Promise<Output<"ownUser.signIn">> {
    return this.#call("ownUser.signIn", { externalId, ...options });
  }

  /**
   * Ends all sessions and sockets of a person; returns the number of ended sessions.
   *
   * ```ts ignore
   * await chat.users.endSessions("customer-17");
   * ```
   */
  async endSessions(externalId: string): Promise<number> {
    return (await this.#call("ownUser.endSessions", { externalId })).ended;
  }

  /**
   * Keeps a person out, at once and until `reactivate`; their messages stay.
   *
   * ```ts ignore
   * await chat.users.deactivate("customer-17");
   * ```
   */
  deactivate(externalId: string): Promise<OwnUser> {
    return this.#call("ownUser.deactivate", { externalId });
  }

  /**
   * Lets a deactivated person in again.
   *
   * ```ts ignore
   * await chat.users.reactivate("customer-17");
   * ```
   */
  reactivate(externalId: string): Promise<OwnUser> {
    return this.#call("ownUser.reactivate", { externalId });
  }

  /**
   * Returns everything that is stored about a person. It is held in memory whole.
   *
   * ```ts ignore
   * await writeFile("customer-17.json", JSON.stringify(await chat.users.export("customer-17")));
   * ```
   */
  export(externalId: string): Promise<unknown> {
    return this.#fetch(`/api/server/users/${encodeURIComponent(externalId)}/export`);
  }

  /**
   * Erases a person for good.
   *
   * ```ts ignore
   * await chat.users.erase("customer-17");
   * ```
   */
  async erase(externalId: string): Promise<void> {
    await this.#call("ownUser.erase", { externalId });
  }
}
