/**
 * Every numeric limit, by name. `LIMIT_BODY_BYTES` in the environment is `limits.bodyBytes` in the
 * code. Schemas are shared with clients, so they enforce `max`, the upper bound of all deployments;
 * the services enforce the configured values.
 */
export interface LimitSpec {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** One line for .env.example and the README. */
  readonly description: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

const limit = (description: string, byDefault: number, min: number, max: number): LimitSpec =>
  Object.freeze({ default: byDefault, min, max, description });

export const LIMIT_SPECS = Object.freeze({
  bodyBytes: limit("bytes of a JSON body", MIB, KIB, 64 * MIB),
  bodyTimeMs: limit("milliseconds for a JSON body to arrive", 15 * SECOND, 100, 600 * SECOND),
  frameBytes: limit("bytes of a frame from a socket", 512 * KIB, KIB, 16 * MIB),
  textLength: limit("characters (code points) of a message", 10_000, 1, 100_000),
  pageSize: limit("items of a page", 100, 1, 100),
  groupMembers: limit("members of a group", 1000, 2, 10_000),
  mentions: limit("people that a message mentions", 50, 0, 1000),
  mediaPerMessage: limit("files of a message", 10, 1, 100),
  reactionKinds: limit("different emoji on a message", 50, 1, 1000),
  pins: limit("pinned messages of a chat", 100, 1, 10_000),
  syncRows: limit("rows in one response of changes or sync", 500, 10, 10_000),
  syncBytes: limit(
    "bytes that fill a response of changes",
    256 * KIB,
    16 * KIB,
    16 * MIB,
  ),
  syncChats: limit("chats named in one sync", 5000, 1, 100_000),
  socketBufferBytes: limit("bytes waiting for one slow reader", MIB, 16 * KIB, 256 * MIB),
  socketsPerUser: limit("sockets of a person on one instance", 20, 1, 100_000),
  socketsPerAddress: limit("sockets of an address on one instance", 500, 1, 1_000_000),
  socketsBeforeHello: limit("sockets of an address without a hello", 100, 1, 1_000_000),
  socketMemoryBytes: limit(
    "bytes of process memory with new sockets",
    1024 * MIB,
    64 * MIB,
    1024 * 1024 * MIB,
  ),
  sessionsPerUser: limit("active sessions of a person", 100, 1, 10_000),
  helloTimeMs: limit("milliseconds for a socket's hello", 5 * SECOND, 100, 60 * SECOND),
  typingTimeMs: limit(
    "milliseconds of typing unless repeated",
    6 * SECOND,
    500,
    60 * SECOND,
  ),
  presenceGraceMs: limit("milliseconds before leaving is announced", 5 * SECOND, 0, 300 * SECOND),
  receiptMembers: limit("members of a chat whose readers are named", 100, 1, 10_000),
  presenceMembers: limit("members of a chat with announced presence", 100, 0, 10_000),
  imageBytes: limit("bytes of an uploaded image", 25 * MIB, KIB, 1024 * MIB),
  imagePixels: limit("pixels of an uploaded image", 50_000_000, 10_000, 500_000_000),
  videoBytes: limit("bytes of an uploaded video", 512 * MIB, KIB, 16_384 * MIB),
  audioBytes: limit("bytes of an uploaded sound", 128 * MIB, KIB, 16_384 * MIB),
  fileBytes: limit("bytes of any other upload", 512 * MIB, KIB, 16_384 * MIB),
  storageBytes: limit("bytes that a person's uploads take", 10_240 * MIB, MIB, 2 ** 49),
  openUploads: limit("unfinished uploads of a person", 100, 1, 10_000),
  uploadTimeMs: limit("milliseconds that an upload may send nothing", 30 * SECOND, SECOND, HOUR),
  unusedMediaMs: limit(
    "milliseconds of keeping an unused upload",
    24 * HOUR,
    60 * SECOND,
    720 * HOUR,
  ),
  devices: limit("encryption devices of a person", 20, 1, 1000),
  keyPackages: limit("key packages stored for a device", 100, 1, 10_000),
  keyPackageBytes: limit("bytes of a key package", 16 * KIB, KIB, MIB),
  ciphertextBytes: limit("bytes of an encrypted message", 48 * KIB, KIB, 16 * MIB),
  commitBytes: limit("bytes of a Commit, a Welcome or a GroupInfo", 768 * KIB, 16 * KIB, 64 * MIB),
  historyBackupParts: limit("parts of a person's history backup", 2000, 1, 100_000),
  historyBackupPartBytes: limit("bytes of a part of a history backup", 64 * KIB, KIB, MIB),
  pushDevices: limit("push registrations of a person", 20, 1, 1000),
  chatsPerUser: limit("chats that a person is a member of", 20_000, 1, 1_000_000),
  contactRequests: limit("pending contact requests to one person", 100, 1, 10_000),
  contactRequestsSent: limit("pending contact requests of one person", 1000, 1, 100_000),
  contactRequestMs: limit(
    "milliseconds until a contact request expires",
    720 * HOUR,
    60 * SECOND,
    8760 * HOUR,
  ),
  notifications: limit("stored notifications of a person", 1000, 10, 100_000),
  webhooks: limit("webhook endpoints", 20, 1, 1000),
  webhookBacklog: limit(
    "events that may wait for a webhook endpoint",
    100_000,
    100,
    10_000_000,
  ),
  messageHookMs: limit("milliseconds for the message hook to answer", 500, 50, 5 * SECOND),
  webhookLog: limit("deliveries kept for a webhook endpoint", 10_000, 0, 1_000_000),
  blocks: limit("people that one person blocks", 10_000, 1, 1_000_000),
});

export type LimitKey = keyof typeof LIMIT_SPECS;
export type Limits = Readonly<Record<LimitKey, number>>;

/** Converts `bodyBytes` to `LIMIT_BODY_BYTES`. */
export function limitVariable(key: LimitKey): string {
  return `LIMIT_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export const DEFAULT_LIMITS: Limits = Object.freeze(
  Object.fromEntries(Object.entries(LIMIT_SPECS).map(([key, spec]) => [key, spec.default])),
) as Limits;
