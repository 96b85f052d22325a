import { type Bytes, concat } from "../../core/bytes.ts";
import type { GroupContext, GroupInfo } from "./group_info.ts";
import { sameBytes, sha256Now, verifyWithLabel } from "./labelled_crypto.ts";
import { CIPHER_SUITE, MLS10 } from "./leaf_node.ts";
import type { PublicMessage } from "./mls_message.ts";
import { PublicTree } from "./public_tree.ts";
import { malformed } from "./tls_reader.ts";
import { opaque, uint16, uint64 } from "./tls_writer.ts";
import { WIRE_FORMAT } from "./wire_format.ts";

/**
 * FramedContentTBS (section 6.1): both kinds of senders allowed here also sign the GroupContext.
 */
export async function checkSignature(
  message: PublicMessage,
  encodedContext: Bytes,
  key: Bytes,
): Promise<void> {
  const tbs = concat(
    uint16(MLS10),
    uint16(WIRE_FORMAT.publicMessage),
    message.framedContent,
    encodedContext,
  );
  if (!await verifyWithLabel(key, "FramedContentTBS", tbs, message.signature)) {
    throw malformed("auth.signature", "it does not verify");
  }
}

/**
 * Section 8.2: the new confirmed hash must follow from the previous interim hash and this Commit.
 */
export function checkTranscript(
  message: PublicMessage,
  before: GroupInfo,
  after: GroupInfo,
): void {
  const interim = sha256Now(
    concat(before.context.confirmedTranscriptHash, opaque(before.confirmationTag)),
  );
  const input = concat(
    uint16(WIRE_FORMAT.publicMessage),
    message.framedContent,
    opaque(message.signature),
  );
  if (!sameBytes(sha256Now(concat(interim, input)), after.context.confirmedTranscriptHash)) {
    throw malformed("group_context.confirmed_transcript_hash", "it does not follow");
  }
}

/**
 * Returns the GroupContext of epoch 0 (section 11): only the creator's leaf, and no transcript yet.
 */
export async function creationContext(after: GroupContext, creator: PublicTree): Promise<Bytes> {
  const treeHash = await creator.hash(() => {});
  return concat(
    uint16(MLS10),
    uint16(CIPHER_SUITE),
    opaque(after.groupId),
    uint64(0n),
    opaque(treeHash),
    opaque(new Uint8Array()),
    after.encodedExtensions,
  );
}
