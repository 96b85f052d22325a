import { forEachOf } from "../core/concurrency.ts";
import type { Log } from "../core/log.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { ContactRequest } from "../model/contact.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";

export interface SpentRequestsOptions {
  store: Pick<Store, "contacts" | "memberships">;
  /** Deletes a pending request and notifies both sides. */
  close(request: ContactRequest, state: "accepted" | "withdrawn"): Promise<void>;
  log: Log;
}

/** Maximum number of requests closed concurrently after one commit. */
const CLOSED_AT_ONCE = 8;

/**
 * Contact requests that cannot or need not be accepted any more. A person who was added directly
 * needs no invitation, and a person who was removed since must not return by an older one.
 */
export class SpentRequests {
  constructor(private readonly options: SpentRequestsOptions) {}

  /** Closes the pending requests to people who joined or left the chat by this commit. */
  committed({ chatId, after, steps }: ChatCommit): void {
    // The only requests for a new chat are to people who are no members of it.
    if (after === 0) return;
    const members = steps.flatMap((step) => step.type === "member.updated" ? [step.member] : []);
    forEachOf(members, CLOSED_AT_ONCE, (member) => this.#closeFor(member)).catch((error) =>
      this.options.log.warn("Closing contact requests failed", { chatId, error })
    );
  }

  /** True if the recipient left the chat after the request was made. */
  async hasLeftSince({ chatId, userId, createdAt }: ContactRequest): Promise<boolean> {
    const recipient = await this.options.store.memberships.of(chatId, userId);
    return (recipient?.leftAt ?? 0) > createdAt;
  }

  /** True if the sender may still add people to the chat. */
  async maySenderAdd({ kind, chatId, fromId }: ContactRequest): Promise<boolean> {
    const sender = await this.options.store.memberships.of(chatId, fromId);
    if (!sender || sender.leftAt !== null) return false;
    return kind === "direct" || sender.role !== "member";
  }

  async #closeFor({ chatId, userId, leftAt }: Membership): Promise<void> {
    const request = await this.options.store.contacts.requestFor(userId, chatId);
    if (!request || request.declinedAt !== null) return;
    await this.options.close(request, leftAt === null ? "accepted" : "withdrawn");
  }
}
