import { apiKeyHandlers } from "./api_keys/handlers.ts";
import { auditHandlers } from "./audit/handlers.ts";
import { authHandlers } from "./auth/handlers.ts";
import { botHandlers } from "./bots/handlers.ts";
import { callHandlers } from "./calls/handlers.ts";
import { contactHandlers } from "./chats/contact_handlers.ts";
import { chatHandlers } from "./chats/handlers.ts";
import { encryptionHandlers } from "./encryption/handlers.ts";
import { mediaHandlers } from "./media/handlers.ts";
import { messageHandlers } from "./messages/handlers.ts";
import { moderationHandlers } from "./moderation/handlers.ts";
import { notificationHandlers } from "./notifications/handlers.ts";
import type { Bound } from "./operations/handler.ts";
import { ownUserHandlers } from "./own_users/handlers.ts";
import { realtimeHandlers } from "./realtime/handlers.ts";
import type { AppContext } from "./app_context.ts";
import type { Services } from "./services.ts";
import { blockHandlers } from "./users/block_handlers.ts";
import { userHandlers } from "./users/handlers.ts";
import { webhookHandlers } from "./webhooks/handlers.ts";
import { filterHandlers } from "./webhooks/screening/handlers.ts";

/** Binds every operation to its handler, for all transports. */
export function bindServices({ adapters, clock }: AppContext, services: Services): Bound[] {
  const {
    auth,
    users,
    apiKeys,
    ownUsers,
    chats,
    messages,
    encryption,
    media,
    push,
    typing,
    customEvents,
    presence,
    webhooks,
  } = services;
  return [
    ...authHandlers(auth),
    ...auditHandlers(auth.audit, adapters.store),
    ...userHandlers(users.profiles, users.erasure),
    ...blockHandlers(users.blocks),
    ...ownUserHandlers(ownUsers),
    ...apiKeyHandlers({ ...apiKeys, proof: auth.proof, clock }),
    ...webhookHandlers(webhooks.endpoints, clock),
    ...filterHandlers(webhooks.rules),
    ...chatHandlers(chats),
    ...contactHandlers(chats),
    ...messageHandlers(messages),
    ...encryptionHandlers(encryption, auth.audit),
    ...mediaHandlers(media),
    ...notificationHandlers(push),
    ...realtimeHandlers({ typing, presence, customEvents, clock }),
    ...callHandlers(services.calls),
    ...botHandlers(services.bots),
    ...moderationHandlers(services.moderation, clock),
  ];
}
