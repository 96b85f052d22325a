/**
 * Helpers of encrypted chats, for apps that use them. Loads no MLS: `ChatClient.enableEncryption`
 * loads it when called.
 */
export { decryptFile, encryptFile, generateFileSecret } from "../mls/encrypted_file.ts";
export { describeFile, fileSecretOf } from "../mls/file_descriptor.ts";
export type { FileDescriptor } from "../mls/message_content.ts";
export { MlsClientError, type MlsClientErrorCode } from "../mls/mls_client_error.ts";
export { formatRecoveryKey, generateRecoveryKey, parseRecoveryKey } from "../mls/recovery_key.ts";
export { formatSafetyNumber } from "../mls/safety_number.ts";
export type { Encryption } from "./encryption.ts";
export { type EncryptionStorage, forgetDevice, restoreEncryption } from "./encryption_storage.ts";
export type { HistoryBackup } from "./history_backup.ts";
export type { HistoryBackupState } from "./history_state.ts";
export type { PersonTrust } from "./trust.ts";
