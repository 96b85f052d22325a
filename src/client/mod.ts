/**
 * The client library without `encryption/mod.ts` and `react/mod.ts`: the part that every chat
 * product needs.
 */
export { ChatClient } from "./chat_client.ts";
export { ChatError, type ChatErrorCode } from "./chat_error.ts";
export type { ClientEvents } from "./client_events.ts";
export type { ChatClientOptions } from "./client_options.ts";
export type { ContactRequest, ContactRequests } from "./contact_requests.ts";
export type { Conversation, MessagesSnapshot } from "./conversation.ts";
export type { ComposerDraft, Drafts } from "./drafts.ts";
export type { Encryption } from "./encryption/encryption.ts";
export type { ServerEvent, ServerEventName, ServerEvents } from "./events.ts";
export type { HistorySnapshot, HistoryWindow } from "./history_window.ts";
export type { Inbox, InboxRow } from "./inbox.ts";
export type { Files, UploadOptions } from "./files.ts";
export { type KeyStore, memoryKeyStore } from "./mls/key_store.ts";
export type { FileDescriptor } from "./mls/message_content.ts";
export { MlsClientError, type MlsClientErrorCode } from "./mls/mls_client_error.ts";
export type { LocalChat, LocalMessage, Presence } from "./local_chat.ts";
export type { MessageChange, PendingChange } from "./pending_change.ts";
export { Model } from "./model.ts";
export type { People, Person } from "./people.ts";
export type { FetchFunction, WebSocketClass, WebSocketLike } from "./platform.ts";
export type { Input, OperationName, Operations, Output } from "./rest.ts";
export type { SendContent } from "./pending_row.ts";
export type { SignInResult } from "./session_client.ts";
export type { ConnectionState } from "./socket.ts";
export type { CustomData, JsonValue } from "../model/custom_data.ts";
export { generateDeviceKey, indexedDbDeviceKey, indexedDbStore, sealedStore } from "./storage.ts";
export type { Observable, View } from "./view.ts";
