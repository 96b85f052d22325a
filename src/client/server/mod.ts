/**
 * For backends with an API key, in Node 20 and later, Deno and workers. A separate entry, so that
 * nothing of it is in a page.
 */
export { ChatError, type ChatErrorCode } from "../chat_error.ts";
export type { CustomData, JsonValue } from "../../model/custom_data.ts";
export type { FetchFunction } from "../platform.ts";
export type { Input, OperationName, Operations, Output } from "../rest.ts";
export { BackendClient, type BackendOptions } from "./backend_client.ts";
export { type OwnUser, type OwnUserFields, type OwnUserOutcome, OwnUsers } from "./own_users.ts";
export { type VerifyOptions, verifyWebhook, type WebhookHeaders } from "./verify_webhook.ts";
export type { BeforeMessage, WebhookEvent, WebhookEvents } from "./webhook_events.ts";
