import type { Rate } from "../api/rate_limits.ts";
import { type RateLimiter, requireUse } from "../cluster/rate_limiter.ts";
import { type Clock, toTimestamp } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import type { ChatAccess } from "../chats/chat_access.ts";
import type { Shadows } from "../chats/shadows.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { Store } from "../store/store.ts";
import { assertUnfrozen } from "../model/chat.ts";
import type { CallsConfig } from "../model/calls.ts";
import { CallIds } from "./call_ids.ts";
import { liveKitToken } from "./livekit_token.ts";
import { turnCredentials } from "./turn_credentials.ts";

export interface CallsOptions {
  config: CallsConfig;
  store: Pick<Store, "chats" | "users">;
  access: Pick<ChatAccess, "requireMember">;
  contactPolicy: Pick<ContactPolicy, "requireOpen">;
  /** Calls of a shadowed person reach no one: they are alone in a room. */
  shadows: Pick<Shadows, "has">;
  publisher: Pick<Publisher, "toRoom">;
  limiter: RateLimiter;
  clock: Clock;
  /** Secrets, the current one first, from which the keys of the calls' ids are derived. */
  secrets: readonly Uint8Array[];
}

/** Calls that one person may start in one chat: each rings at all members who are connected. */
const STARTS: Rate = { count: 10, periodMs: 60_000 };

/** LiveKit checks its token when a person joins, and not again. */
const TOKEN_MS = 10 * 60_000;
/** TURN checks credentials whenever a client asks for a relay, also in a long call. */
const TURN_MS = 12 * 3_600_000;

/** Gives members of a chat access to its calls, which other servers carry. */
export class Calls {
  readonly #ids: CallIds;

  constructor(private readonly options: CallsOptions) {
    this.#ids = new CallIds(options.secrets);
  }

  /** A call whose id was given, not made here, is ended by a group's owner and admins alone. */
  async start(userId: string, chatId: string, call = this.#ids.make(chatId, userId)) {
    const access = await this.join(userId, chatId);
    await this.#countStart(userId, chatId);
    this.#announce("call.started", { chatId, call, userId });
    return { ...access, call };
  }

  async join(userId: string, chatId: string) {
    const { config, store, clock } = this.options;
    const { role } = await this.#requireMember(userId, chatId);
    const user = await store.users.byId(userId);
    const now = clock.now();
    const { livekit, turn } = config;
    const room = this.options.shadows.has(userId) ? `${chatId}:${userId}` : chatId;
    const grant = {
      room,
      identity: userId,
      name: user?.displayName || user?.username || "",
      roomAdmin: role !== "member",
      now,
      expiresAt: now + TOKEN_MS,
    };
    return {
      room,
      livekit: livekit && {
        url: livekit.url,
        token: await liveKitToken(livekit, grant),
        expiresAt: toTimestamp(grant.expiresAt),
      },
      iceServers: turn === null ? [] : [turnCredentials(turn, userId, now + TURN_MS)],
    };
  }

  async #countStart(userId: string, chatId: string): Promise<void> {
    const bucket = `call_starts:${userId}:${chatId}`;
    const refusal = "Cannot call: too many calls were started in this chat";
    await requireUse(this.options.limiter, bucket, STARTS, refusal);
  }

  /** In a group the others leave a call, and do not end it for everybody. */
  async end(userId: string, chatId: string, call: string): Promise<void> {
    const { role, isDirect } = await this.#requireMember(userId, chatId);
    if (!isDirect && role === "member" && !this.#ids.isBegunBy(call, chatId, userId)) {
      const reason = "only the person who began it, the owner and admins may";
      throw new AppError("forbidden", `Cannot end the call: ${reason}`);
    }
    this.#announce("call.ended", { chatId, call, userId });
  }

  /** A call reaches the other person of a direct chat as a message does, so blocks apply to it. */
  async #requireMember(userId: string, chatId: string) {
    const { config, access, store, contactPolicy } = this.options;
    const { role } = await access.requireMember(chatId, userId);
    const chat = await store.chats.byId(chatId);
    if (chat === null) throw notFound("chat", chatId);
    await contactPolicy.requireOpen(chat, userId, "call");
    assertUnfrozen(chat);
    if (config.livekit === null && config.turn === null) {
      throw new AppError("conflict", "Cannot call: this server has no calls configured");
    }
    return { role, isDirect: chat.directKey !== null };
  }

  #announce(
    event: "call.started" | "call.ended",
    { chatId, ...data }: { chatId: string; call: string; userId: string },
  ): void {
    if (this.options.shadows.has(data.userId)) return;
    this.options.publisher.toRoom(chatId, { event, chatId, data });
  }
}
