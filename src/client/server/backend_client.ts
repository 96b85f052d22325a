import { ChatError } from "../chat_error.ts";
import { checkedUrl } from "../client_options.ts";
import { misuse } from "../misuse.ts";
import type { FetchFunction } from "../platform.ts";
import { type Input, type OperationName, type Output, Rest } from "../rest.ts";
import { OwnUsers } from "./own_users.ts";

export interface BackendOptions {
  /** URL of the server with `http://` or `https://`, without `/api`. */
  url: string;
  /** An API key, `rtc_…`: never in a page or an app. */
  key: string;
  /** The platform's by default. */
  fetch?: FetchFunction;
  /** Milliseconds without a byte after which a call fails; 15,000 by default. */
  timeoutMs?: number;
}

const ACTION = "make a BackendClient";
/** Milliseconds before a send without a response is repeated. */
const REPEAT_AFTER_MS = [200, 1_000];
/** The server checks the rest. */
const PERSON = /^(ext:.+|[\da-f-]{36})$/;
/** Milliseconds: a server that asks for a longer pause has its error thrown. */
const MAX_WAIT_MS = 10_000;

/**
 * The server, as a backend with an API key uses it: its own users, messages in their names, and
 * every operation that the key's scopes allow.
 *
 * ```ts ignore
 * import { BackendClient } from "realtimechat-client/server";
 *
 * const chat = new BackendClient({ url, key });
 * await chat.users.put("customer-17", { name: "Ann Example" });
 * await chat.actAs("ext:customer-17").send({ chatId, text: "Your order is on its way" });
 * ```
 */
export class BackendClient {
  /** The people of your product, by your own ids. */
  readonly users: OwnUsers;
  readonly #options: BackendOptions;
  readonly #rest: Rest;
  readonly #person: string | undefined;

  /** Throws `misuse` for options that can never work. */
  constructor(options: BackendOptions, person?: string) {
    const { key, fetch = globalThis.fetch } = options;
    if (!/^rtc_\S+$/.test(key)) throw misuse(ACTION, "key has to be an API key that begins rtc_");
    this.#options = { ...options, url: checkedUrl(options.url, ACTION) };
    this.#person = person;
    const send: FetchFunction = (url, init) => {
      const headers = { ...init?.headers, authorization: `Bearer ${key}` };
      return fetch(url, {
        ...init,
        headers: person ? { ...headers, "x-act-as": person } : headers,
      });
    };
    this.#rest = new Rest({ ...this.#options, fetch: send });
    this.users = new OwnUsers(
      (name, input) => this.call(name, input),
      (path) => this.#rest.send(path, {}),
    );
  }

  /**
   * Returns a client that calls in a person's name, within that person's rights: `ext:` and your
   * own id, or the id of an account of this server. Needs the scope `act_as`. Throws `misuse` for
   * anything else: without a person, a call would be in the key's own name.
   *
   * ```ts ignore
   * const { items } = await chat.actAs("ext:customer-17").call("chat.inbox", {});
   * ```
   */
  actAs(person: string): BackendClient {
    if (!PERSON.test(person)) {
      throw misuse(
        "act as a person",
        `"${person}" is neither a user's id nor ext: and your own id`,
      );
    }
    return new BackendClient(this.#options, person);
  }

  /**
   * Calls any operation that the key's scopes allow. Throws only ChatErrors.
   *
   * ```ts ignore
   * const { items } = await chat.call("admin.reports", {});
   * ```
   */
  call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
    return this.#rest.call(name, input);
  }

  /**
   * Sends a message in the name of `actAs`, to a chat or a person. A send without a response is
   * repeated, and makes no second message; give a `clientId` of your own to be as safe across
   * restarts.
   *
   * ```ts ignore
   * await chat.actAs("ext:customer-17").send({ recipientId, text: "Hello", clientId: "order-42" });
   * ```
   */
  async send(message: Input<"message.send">): Promise<Output<"message.send">> {
    if (this.#person === undefined) {
      throw misuse("send", "messages are sent in a person's name: use actAs before");
    }
    const input = { clientId: crypto.randomUUID(), ...message };
    for (const delayMs of REPEAT_AFTER_MS) {
      try {
        return await this.call("message.send", input);
      } catch (error) {
        if (!(error instanceof ChatError) || !["offline", "unavailable"].includes(error.code)) {
          throw error;
        }
        const waitMs = Math.max(delayMs, error.retryAfterMs ?? 0);
        if (waitMs > MAX_WAIT_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
    return await this.call("message.send", input);
  }
}
