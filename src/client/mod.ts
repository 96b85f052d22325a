/** The client library: everything that a chat product needs of it. */
export { ChatClient, type ChatClientOptions, type ClientEvents } from "./chat_client.ts";
export { ChatError, type ChatErrorCode } from "./chat_error.ts";
export type { Encryption } from "./encryption/encryption.ts";
export { type EncryptionStorage, restoreEncryption } from "./encryption/encryption_storage.ts";
export type { ServerEvent, ServerEventName, ServerEvents } from "./events.ts";
export { indexedDbDeviceKey, indexedDbStore } from "./indexed_db_store.ts";
export { decryptFile, encryptFile, generateFileSecret } from "./mls/encrypted_file.ts";
export { type KeyStore, memoryKeyStore } from "./mls/key_store.ts";
export { describeFile, fileSecretOf } from "./mls/file_descriptor.ts";
export type { FileDescriptor } from "./mls/message_content.ts";
export { MlsClientError, type MlsClientErrorCode } from "./mls/mls_client_error.ts";
export { formatRecoveryKey, generateRecoveryKey, parseRecoveryKey } from "./mls/recovery_key.ts";
export { formatSafetyNumber } from "./mls/safety_number.ts";
export { generateDeviceKey, sealedStore } from "./mls/sealed_store.ts";
export { type LocalChat, type LocalMessage, Model } from "./model.ts";
export type { Input, OperationName, Operations, Output } from "./rest.ts";
export type { SendContent } from "./sending.ts";
export type { ConnectionState } from "./socket.ts";
