import type { RateLimiter } from "../cluster/rate_limiter.ts";
import type { Rates } from "../api/rate_limits.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MetricsRegistry } from "../core/metrics.ts";
import type { Tracing } from "../core/tracing.ts";
import type { SystemReport } from "../model/system_messages.ts";
import type { ContactAudiences } from "../model/contact.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { ReceiptGatherer } from "../realtime/receipt_gatherer.ts";
import type { Store } from "../store/store.ts";
import { CatchUp, type CatchUpLimits } from "./catch_up.ts";
import { ChangeFeed } from "./change_feed.ts";
import { ChatAccess } from "./chat_access.ts";
import { ChatReader } from "./chat_reader.ts";
import { ChatWriter, type ChatWriterOptions } from "./chat_writer.ts";
import { commitObserver } from "./commit_metrics.ts";
import { CommitRepair } from "./commit_repair.ts";
import { ContactChoices } from "./contact_choices.ts";
import { ContactGate } from "./contact_gate.ts";
import { ContactPolicy } from "./contact_policy.ts";
import { ContactRequests, type ContactRequestsOptions } from "./contact_requests.ts";
import { CustomFields } from "./custom_fields.ts";
import { DirectChats } from "./direct_chats.ts";
import { Groups, type GroupsOptions } from "./groups.ts";
import { Inbox } from "./inbox.ts";
import { type ReadListener, Receipts } from "./receipts.ts";
import { systemReports } from "./system_messages.ts";
import { Shadows } from "./shadows.ts";
import { Succession } from "./succession.ts";
import { Unread } from "./unread.ts";

/** Returns what only reads: other features need it before anything can write. */
export function createChatRules(store: Store, clock: Clock) {
  const shadows = new Shadows(store);
  return {
    shadows,
    feed: new ChangeFeed(store),
    access: new ChatAccess(store),
    contactPolicy: new ContactPolicy(store, shadows),
    unread: new Unread(store, clock),
  };
}

export type ChatRules = ReturnType<typeof createChatRules>;

export interface ChatWriterContext {
  store: Store;
  clock: Clock;
  log: Log;
  metrics: MetricsRegistry;
  tracing: Tracing;
  publisher: Publisher;
  limits: { chatsPerUser: number };
  webhooksOf: ChatWriterOptions["webhooksOf"];
}

/** Returns the writer of chats, and the repair of commits whose outcome is unknown. */
export function createChatWriter({ store, clock, log, publisher, ...options }: ChatWriterContext) {
  const repair = new CommitRepair({ store, log, onHead: (...head) => publisher.head(...head) });
  const writer = new ChatWriter(store, clock, {
    maxChats: options.limits.chatsPerUser,
    onCommitted: commitObserver(options.metrics),
    onUncertain: (chatId, after) => repair.check(chatId, after),
    tracing: options.tracing,
    onRepeat: (chatId, rev) => publisher.head(chatId, rev),
    webhooksOf: options.webhooksOf,
  });
  return { writer, repair };
}

export interface ChatsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  limiter: RateLimiter;
  rates: Rates;
  rules: ChatRules;
  writer: ChatWriter;
  publisher: Publisher;
  gatherer: ReceiptGatherer;
  pictures: GroupsOptions["pictures"];
  /** Audiences of people who have not chosen any. */
  defaultAudiences: ContactAudiences;
  systemMessages: readonly SystemReport[];
  customFilters: { chat: readonly string[] };
  /** True if addresses can be confirmed. */
  mailConfigured: boolean;
  limits: CatchUpLimits & GroupsOptions["limits"] & ContactRequestsOptions["limits"] & {
    pageSize: number;
  };
  onRequest: ContactRequestsOptions["notify"];
  onRequestSettled: ContactRequestsOptions["settled"];
  onRead: ReadListener;
}

export type Chats = ReturnType<typeof createChats>;

export function createChats(options: ChatsOptions) {
  const { store, writer, publisher, gatherer, pictures, clock, limits } = options;
  const { contactPolicy, unread, feed, shadows } = options.rules;
  const gate = createGate(options);
  const report = systemReports(options.systemMessages);
  const requests = new ContactRequests({
    store,
    writer,
    contactPolicy,
    shadows,
    clock,
    limits,
    send: (userIds, event) => publisher.toUsers(userIds, event),
    notify: options.onRequest,
    settled: options.onRequestSettled,
    report,
    log: options.log,
  });
  return {
    gate,
    requests,
    direct: new DirectChats({ store, writer, gate, requests, clock }),
    groups: new Groups({
      writer,
      gate,
      requests,
      pictures,
      succession: new Succession(store),
      clock,
      limits,
      report,
    }),
    catchUp: new CatchUp(store, feed, limits),
    reader: new ChatReader(store),
    inbox: new Inbox({
      store,
      shadows,
      unread,
      clock,
      limits,
      filters: options.customFilters.chat,
    }),
    customFields: new CustomFields(writer, contactPolicy),
    receipts: new Receipts(
      store,
      contactPolicy,
      (member, chat, isHeard) => gatherer.moved(member, chat, isHeard),
      options.onRead,
    ),
    choices: new ContactChoices(store, options.defaultAudiences),
  };
}

function createGate(options: ChatsOptions): ContactGate {
  return new ContactGate({
    store: options.store,
    contactPolicy: options.rules.contactPolicy,
    shadows: options.rules.shadows,
    limiter: options.limiter,
    rates: options.rates,
    defaults: options.defaultAudiences,
    mailConfigured: options.mailConfigured,
    log: options.log,
  });
}
