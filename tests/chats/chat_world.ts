import { CatchUp } from "../../src/chats/catch_up.ts";
import { ChangeFeed } from "../../src/chats/change_feed.ts";
import { ChatAccess } from "../../src/chats/chat_access.ts";
import { ChatWriter, type ChatWriterOptions } from "../../src/chats/chat_writer.ts";
import { ContactGate } from "../../src/chats/contact_gate.ts";
import { ContactRequests } from "../../src/chats/contact_requests.ts";
import { DirectChats } from "../../src/chats/direct_chats.ts";
import { Groups } from "../../src/chats/groups.ts";
import { Inbox } from "../../src/chats/inbox.ts";
import { ContactPolicy } from "../../src/chats/contact_policy.ts";
import { Shadows } from "../../src/chats/shadows.ts";
import { Succession } from "../../src/chats/succession.ts";
import { Unread } from "../../src/chats/unread.ts";
import { Receipts } from "../../src/chats/receipts.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/api/limits.ts";
import { AppError, type ErrorCode } from "../../src/core/errors.ts";
import { jsonLog } from "../../src/core/log.ts";
import { MessageEditor } from "../../src/messages/message_editor.ts";
import { MessageReader } from "../../src/messages/message_reader.ts";
import { MessageSender } from "../../src/messages/message_sender.ts";
import type { ChatCommit } from "../../src/model/chat_step.ts";
import type { Membership } from "../../src/model/membership.ts";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";
import { DEFAULT_RATES } from "../../src/api/rate_limits.ts";
import type { Store } from "../../src/store/store.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aUser, T0 } from "../contract/store/rows.ts";
import { TempDir } from "../support/temp_dir.ts";

const noFiles = {
  attachments: (_userId: string, ids: string[]) =>
    Promise.reject(new AppError("not_found", `There is no upload ${ids[0]}`)),
};

const noEpoch = () => ({ generation: 0, epoch: 0 });

/** One instance's services over a store: two of them on one store are two instances. */
const NO_SCREEN = { isOn: false, screen: () => null, stored: () => Promise.resolve() };

export class ChatServices {
  readonly commits: ChatCommit[] = [];
  readonly receiptsMoved: Membership[] = [];
  readonly writer: ChatWriter;
  readonly contactPolicy: ContactPolicy;
  readonly groups: Groups;
  readonly direct: DirectChats;
  readonly requests: ContactRequests;
  readonly inbox: Inbox;
  readonly unread: Unread;
  readonly catchUp: CatchUp;
  readonly receipts: Receipts;
  readonly sender: MessageSender;
  readonly editor: MessageEditor;
  readonly reader: MessageReader;

  constructor(
    readonly store: Store,
    clock: { now(): number },
    limits: Limits,
    writing?: ChatWriterOptions,
  ) {
    const pictures = { requireAvatar: () => Promise.resolve() };
    this.writer = new ChatWriter(store, clock, writing);
    this.writer.onCommit((commit) => this.commits.push(commit));
    this.contactPolicy = new ContactPolicy(store);
    const shadows = new Shadows(store);
    const gate = new ContactGate({
      shadows,
      store,
      contactPolicy: this.contactPolicy,
      limiter: new MemoryRateLimiter(clock),
      rates: DEFAULT_RATES,
      defaults: { addToGroups: "everyone", write: "everyone" },
      mailConfigured: false,
      log: jsonLog("error", () => {}),
    });
    const requests = this.requests = new ContactRequests({
      shadows,
      store,
      writer: this.writer,
      contactPolicy: this.contactPolicy,
      clock,
      limits,
      send: () => {},
      notify: () => Promise.resolve(),
      settled: () => {},
      report: () => {},
      log: jsonLog("error", () => {}),
    });
    this.groups = new Groups({
      writer: this.writer,
      gate,
      requests,
      pictures,
      succession: new Succession(store),
      clock,
      limits,
      report: () => {},
    });
    this.direct = new DirectChats({ store, writer: this.writer, gate, requests, clock });
    this.unread = new Unread(store, clock);
    this.inbox = new Inbox({ store, shadows, unread: this.unread, clock, limits, filters: [] });
    this.catchUp = new CatchUp(store, new ChangeFeed(store), limits);
    this.receipts = new Receipts(
      store,
      this.contactPolicy,
      (membership) => this.receiptsMoved.push(membership),
    );
    const { writer, direct, contactPolicy } = this;
    this.sender = new MessageSender({
      isShadowed: () => false,
      writer,
      direct,
      contactPolicy,
      attachments: noFiles,
      epochOfMessage: noEpoch,
      screen: NO_SCREEN,
      clock,
      limits,
    });
    this.editor = new MessageEditor({
      isShadowed: () => false,
      store,
      writer,
      contactPolicy,
      screen: NO_SCREEN,
      clock,
      limits,
    });
    this.reader = new MessageReader(store, new ChatAccess(store), limits);
  }
}

/** A store, a clock that stands still until it is moved, and the services over them. */
export class ChatWorld implements AsyncDisposable {
  now = T0;
  readonly services: ChatServices;

  private constructor(
    private readonly folder: TempDir,
    readonly store: Store,
    private readonly limits: Limits,
  ) {
    this.services = this.instance();
  }

  static async make(limits: Partial<Limits> = {}): Promise<ChatWorld> {
    const folder = await TempDir.make("chats");
    const store = new SqliteStore(folder.join("store.db"));
    return new ChatWorld(folder, store, { ...DEFAULT_LIMITS, ...limits });
  }

  /** Another instance; by default over the same store. */
  instance(store: Store = this.store, writing?: ChatWriterOptions): ChatServices {
    return new ChatServices(store, { now: () => this.now }, this.limits, writing);
  }

  /** Creates people and returns their ids. */
  async people(count: number): Promise<string[]> {
    const users = Array.from({ length: count }, () => aUser());
    for (const user of users) await this.store.users.create(user);
    return users.map(({ id }) => id);
  }

  /** A group of this many people, the first of whom is its owner. */
  async group(size: number): Promise<{ chatId: string; ids: string[] }> {
    const ids = await this.people(size);
    const group = { name: "Group", description: "", memberIds: ids.slice(1), encrypted: false };
    const { chat } = await this.services.groups.create(ids[0], group);
    return { chatId: chat.id, ids };
  }

  async roles(chatId: string): Promise<Record<string, string>> {
    const rows = await this.store.memberships.ofChat(chatId);
    return Object.fromEntries(
      rows.map(({ userId, role, leftAt }) => [userId, leftAt === null ? role : "left"]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.services.writer.idle();
    await this.store.close();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** For `assert.rejects`. */
export function refusal(code: ErrorCode, pattern?: RegExp) {
  return (error: unknown) =>
    error instanceof AppError && error.code === code &&
    (pattern === undefined || pattern.test(error.message));
}
