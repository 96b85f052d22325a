import type { AppContext } from "./app_context.ts";
import { sealingKeys } from "./config.ts";
import { createBots } from "./bots/create_bots.ts";
import { Calls } from "./calls/calls.ts";
import { createApiKeys } from "./api_keys/create_api_keys.ts";
import { OwnTokenSessions } from "./auth/own_token_sessions.ts";
import { OwnTokens } from "./auth/own_tokens.ts";
import { AbandonedGroups } from "./chats/abandoned_groups.ts";
import { ChatPersonalData } from "./chats/chat_personal_data.ts";
import { ContactPersonalData } from "./chats/contact_personal_data.ts";
import { createChatRules, createChatWriter } from "./chats/create_chats.ts";
import { epochOfMessage } from "./encryption/application_messages.ts";
import { BackupPersonalData } from "./encryption/backup_personal_data.ts";
import { createEncryption } from "./encryption/create_encryption.ts";
import { DevicePersonalData } from "./encryption/device_personal_data.ts";
import { MediaPersonalData } from "./media/media_personal_data.ts";
import { createMessages } from "./messages/create_messages.ts";
import { DayCounter } from "./moderation/day_counter.ts";
import { createModeration } from "./moderation/create_moderation.ts";
import { NotificationPersonalData } from "./notifications/notification_personal_data.ts";
import { createOwnUsers } from "./own_users/create_own_users.ts";
import { createRealtime } from "./realtime/create_realtime.ts";
import { createUsers } from "./users/create_users.ts";
import { mayName } from "./users/blocks.ts";
import { createWebhooks } from "./webhooks/create_webhooks.ts";
import { WebhookSubscriptions } from "./webhooks/subscriptions.ts";
import {
  createBox,
  createChatsOf,
  createMediaOf,
  createPush,
  createSignIn,
} from "./feature_wiring.ts";

export type Services = ReturnType<typeof createServices>;

/** Creates the features: each builds itself, and receives the others through its options. */
export function createServices(context: AppContext) {
  const { adapters: { store, backplane }, config, clock, log } = context;
  const rules = createChatRules(store, clock);
  const realtime = createRealtime({
    ...context,
    ...rules,
    ...backplane,
    store,
    limits: config.limits,
  });
  const { publisher, typing } = realtime;
  const subscriptions = new WebhookSubscriptions(store, clock);
  const { writer, repair } = createChatWriter({
    ...context,
    store,
    publisher,
    limits: config.limits,
    webhooksOf: (commit) => subscriptions.planCommit(commit),
  });
  const dayCounter = new DayCounter(store, clock, log);
  const media = createMediaOf(context, rules, writer);
  const push = createPush(context, rules, realtime, dayCounter);
  writer.onCommit((commit) => context.tracing.span("publish", () => publisher.commit(commit)));
  writer.onCommit((commit) => typing.committed(commit));
  writer.onCommit((commit) => media.committed(commit));
  writer.onCommit((commit) => push.worker.committed(commit));
  writer.onCommit((commit) => dayCounter.committed(commit));
  const chats = createChatsOf(context, rules, realtime, { writer, media, push });
  const encryption = createEncryption({
    ...rules,
    ...config,
    store,
    writer,
    gate: chats.gate,
    limiter: backplane.limiter,
    send: (userIds, event) => publisher.toUsers(userIds, event),
    clock,
    log,
  });
  const box = createBox(config);
  const auth = createSignIn(context, realtime, {
    push,
    notices: encryption.notices,
    box,
    dayCounter,
  });
  const webhooks = createWebhooks({
    ...context,
    store,
    subscriptions,
    audit: auth.audit,
    box,
    limits: config.limits,
    allowedOrigins: config.webhookOrigins,
    messageHook: config.messageHook,
    announce: () => publisher.settings(),
    onAttempt: (outcome) =>
      dayCounter.count(outcome === "delivered" ? "webhooksDelivered" : "webhooksFailed"),
  });
  const messages = createMessages({
    ...rules,
    store,
    writer,
    direct: chats.direct,
    attachments: media.library,
    epochOfMessage,
    screen: webhooks.screen,
    clock,
    limits: config.limits,
  });
  writer.onCommit((commit) => webhooks.worker.committed(commit.webhooks ?? []));
  const abandoned = new AbandonedGroups(store, clock, log, () => media.sweeper.nudge());
  const users = createUsers({
    store,
    clock,
    log,
    auth,
    avatars: media.library,
    publisher,
    typing,
    presence: realtime.presence,
    limits: config.limits,
    customFilters: config.customFilters,
    adminEmails: config.adminEmails,
    adminSecondFactor: config.adminSecondFactor,
    onProfileChanged: (user) => realtime.profileNews.changed(user),
    personalData: [
      // Before the chats, so that their members are notified that leaves must be removed.
      new DevicePersonalData(encryption.devices),
      new BackupPersonalData(store),
      new ChatPersonalData(store, writer, chats.groups, clock),
      abandoned,
      new ContactPersonalData(store),
      new MediaPersonalData(store, media.library),
      new NotificationPersonalData(store),
    ],
  });
  const ownUsers = createOwnUsers({
    store,
    auth,
    users,
    fetched: media.pictures,
    tokens: config.ownTokens && new OwnTokens({ ...config.ownTokens, clock }),
    tokenSessions: new OwnTokenSessions({ ...auth, store, clock }),
    clock,
    log,
    onProfileChanged: (user) => realtime.profileNews.changed(user),
  });
  const apiKeys = createApiKeys({ store, auth, own: ownUsers.authentication, clock, log });
  const { catchUp } = chats;
  const bots = createBots({
    store,
    auth,
    access: rules.access,
    writer,
    sender: messages.sender,
    publisher,
    limiter: context.adapters.backplane.limiter,
    rates: config.rates,
    limits: config.limits,
    clock,
    log,
  });
  const calls = new Calls({
    ...rules,
    config: config.calls,
    store,
    publisher,
    limiter: context.adapters.backplane.limiter,
    clock,
    secrets: sealingKeys(config),
  });
  const moderation = createModeration({
    store,
    auth,
    users,
    writer,
    mayName: (callerId, userId) => mayName(store, callerId, userId),
    onShadowed: async () => {
      await rules.shadows.refresh();
      publisher.settings();
    },
    groups: chats.groups,
    clock,
    log,
    dayCounter,
  });
  return {
    ...realtime,
    shadows: rules.shadows,
    moderation,
    dayCounter,
    writer,
    repair,
    catchUp,
    bots,
    calls,
    chats,
    messages,
    encryption,
    media,
    push,
    auth,
    users,
    apiKeys,
    ownUsers,
    abandoned,
    webhooks,
  };
}
