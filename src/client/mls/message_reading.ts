import {
  type ClientState,
  emptyPskIndex,
  type MlsPrivateMessage,
  processPrivateMessage,
} from "ts-mls";
import { type FramedMessage, senderOf } from "./commit_policy.ts";
import { ownBytes, sameBytes } from "./encoding.ts";
import { readGroupId } from "./group_name.ts";
import type { GroupRecord } from "./group_record.ts";
import { guarded, MlsClientError } from "./mls_client_error.ts";
import { cipherSuite, type Member } from "./suite.ts";
import { decodeFramed } from "./wire.ts";

export interface Decrypted {
  /** Authenticated by its signature: compare it with the senderId that the server names. */
  sender: Member;
  epoch: bigint;
  plaintext: Uint8Array;
}

/**
 * Returns the message if this device should have a key for it; otherwise the error says why not.
 */
export function readableMessage(
  { state, joinedEpoch }: GroupRecord,
  ciphertext: string,
): MlsPrivateMessage {
  const message = decodeFramed(ciphertext);
  if (message.wireformat !== "mls_private_message") {
    throw new MlsClientError("bad_message", "Read a message: it is not encrypted");
  }
  const { groupId, epoch, contentType } = message.privateMessage;
  checkChat(state, groupId);
  if (contentType !== "application") {
    throw new MlsClientError("bad_message", `Read a message: it is a ${contentType}`);
  }
  if (epoch < joinedEpoch) {
    const about = "Read a message: it was sent before this device joined";
    throw new MlsClientError("before_join", about);
  }
  const current = state.groupContext.epoch;
  if (epoch > current) throw missingCommits(epoch, current);
  if (epoch < current && !state.historicalReceiverData.has(epoch)) {
    throw new MlsClientError("key_gone", `Read a message: the keys of epoch ${epoch} are gone`);
  }
  return message;
}

/** Returns the content, and the state in which its key is used up; `state` itself is unchanged. */
export async function openMessage(
  state: ClientState,
  message: MlsPrivateMessage,
): Promise<{ next: ClientState; decrypted: Decrypted }> {
  const what = "Read a message";
  const { privateMessage } = message;
  const sender = await guarded("bad_message", what, () => senderOf(state, message));
  if (sender.leafIndex === state.privatePath.leafIndex) {
    throw new MlsClientError("own_message", `${what}: this device sent it`);
  }
  const result = await guarded("bad_message", what, async () => {
    return await processPrivateMessage(state, privateMessage, emptyPskIndex, await cipherSuite());
  }).catch(explainUsedKey);
  if (result.kind !== "applicationMessage") {
    throw new MlsClientError("bad_message", `${what}: it is none`);
  }
  const plaintext = ownBytes(result.message);
  return { next: result.newState, decrypted: { sender, epoch: privateMessage.epoch, plaintext } };
}

export function headerOf(message: FramedMessage): { epoch: bigint; groupId: Uint8Array } {
  return message.wireformat === "mls_private_message"
    ? message.privateMessage
    : message.publicMessage.content;
}

/** A message of a group before the last restart no longer has a key. */
export function checkChat(state: ClientState, groupId: Uint8Array): void {
  if (sameBytes(groupId, state.groupContext.groupId)) return;
  const [theirs, ours] = [readGroupId(groupId), readGroupId(state.groupContext.groupId)];
  if (theirs?.chatId === ours?.chatId && theirs!.generation < ours!.generation) {
    throw new MlsClientError("key_gone", "Read an MLSMessage: its group was restarted since");
  }
  throw new MlsClientError("wrong_chat", "Read an MLSMessage: it is for another chat");
}

export function missingCommits(theirs: bigint, ours: bigint): MlsClientError {
  return new MlsClientError(
    "missing_commits",
    `Read an MLSMessage: it is of epoch ${theirs} and this device is at ${ours}`,
  );
}

/** Recognizes a used key by ts-mls' message, its only sign. */
function explainUsedKey(error: unknown): never {
  const cause = (error as Error).cause as Error | undefined;
  if (cause?.message === "Desired gen in the past") {
    throw new MlsClientError("key_gone", "Read a message: its key was used already", cause);
  }
  throw error;
}
