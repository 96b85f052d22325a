/** The client library without `encryption/mod.ts` and `react/mod.ts`: what every chat product needs. */
export { ChatClient, type ClientEvents } from "./chat_client.ts";
export { ChatError, type ChatErrorCode } from "./chat_error.ts";
export type { ChatClientOptions } from "./client_options.ts";
export type { Encryption } from "./encryption/encryption.ts";
export type { ServerEvent, ServerEventName, ServerEvents } from "./events.ts";
export { indexedDbDeviceKey, indexedDbStore } from "./indexed_db_store.ts";
export { type KeyStore, memoryKeyStore } from "./mls/key_store.ts";
export type { FileDescriptor } from "./mls/message_content.ts";
export { MlsClientError, type MlsClientErrorCode } from "./mls/mls_client_error.ts";
export { generateDeviceKey, sealedStore } from "./mls/sealed_store.ts";
export { type LocalChat, type LocalMessage, Model } from "./model.ts";
export type { FetchFunction, WebSocketClass, WebSocketLike } from "./platform.ts";
export type { Input, OperationName, Operations, Output } from "./rest.ts";
export type { SendContent } from "./draft_row.ts";
export type { ConnectionState } from "./socket.ts";
