import type { Bytes } from "../../core/bytes.ts";
import { type Commit, readCommit } from "./commit.ts";
import { type GroupName, parseGroupId } from "./identity.ts";
import { HASH_LENGTH } from "./labelled_crypto.ts";
import { type Proposal, readProposal } from "./proposal.ts";
import { malformed, readWhole, type TlsReader } from "./tls_reader.ts";
import { readMessageHeader, WIRE_FORMAT } from "./wire_format.ts";

/** The header that both framings show (RFC 9420, section 6). */
export interface FramedHeader extends GroupName {
  epoch: bigint;
  contentType: "application" | "proposal" | "commit";
}

export type Sender =
  | { kind: "member"; leafIndex: number }
  | { kind: "external"; senderIndex: number }
  | { kind: "new_member_proposal" }
  | { kind: "new_member_commit" };

/** A message whose sender and content only members can read (section 6.3). */
export interface PrivateMessage extends FramedHeader {
  wireFormat: "private_message";
}

/** Signed but not encrypted (section 6.2): a server can compare it with the roster. */
export interface PublicMessage extends FramedHeader {
  wireFormat: "public_message";
  sender: Sender;
  content: PublicContent;
  signature: Bytes;
  /** Only in a Commit. */
  confirmationTag?: Bytes;
  /** The FramedContent as sent, which the signature and the transcript hash cover. */
  framedContent: Bytes;
}

export type PublicContent =
  | { kind: "application"; data: Bytes }
  | { kind: "proposal"; proposal: Proposal }
  | { kind: "commit"; commit: Commit };

const CONTENT_TYPES = [undefined, "application", "proposal", "commit"] as const;

/** Parses a PrivateMessage or a PublicMessage in its MLSMessage, and refuses trailing bytes. */
export function parseFramedMessage(bytes: Bytes): PrivateMessage | PublicMessage {
  return readWhole(bytes, "message", (reader) => {
    const { privateMessage, publicMessage } = WIRE_FORMAT;
    const format = readMessageHeader(reader, privateMessage, publicMessage);
    return format === privateMessage ? readPrivateMessage(reader) : readPublicMessage(reader);
  });
}

/** Parses an encrypted message of a chat, which must be a PrivateMessage with application data. */
export function parseApplicationMessage(bytes: Bytes): PrivateMessage {
  return readWhole(bytes, "message", (reader) => {
    readMessageHeader(reader, WIRE_FORMAT.privateMessage);
    const message = readPrivateMessage(reader);
    if (message.contentType === "application") return message;
    throw malformed("private_message.content_type", `${message.contentType} is not application`);
  });
}

function readPrivateMessage(reader: TlsReader): PrivateMessage {
  const group = parseGroupId(reader.opaque("group_id"), "group_id");
  const epoch = reader.uint64("epoch");
  const contentType = readContentType(reader);
  reader.opaque("private_message.authenticated_data");
  reader.opaque("private_message.encrypted_sender_data");
  reader.opaque("private_message.ciphertext");
  return { wireFormat: "private_message", ...group, epoch, contentType };
}

function readPublicMessage(reader: TlsReader): PublicMessage {
  const start = reader.offset;
  const group = parseGroupId(reader.opaque("group_id"), "group_id");
  const epoch = reader.uint64("epoch");
  const sender = readSender(reader);
  reader.opaque("framed_content.authenticated_data");
  const contentType = readContentType(reader);
  const content = readContent(reader, contentType);
  const framedContent = reader.since(start);
  const signature = reader.opaque("auth.signature");
  const confirmationTag = contentType === "commit"
    ? readTag(reader, "confirmation_tag")
    : undefined;
  if (sender.kind === "member") readTag(reader, "membership_tag");
  return {
    wireFormat: "public_message",
    ...group,
    epoch,
    contentType,
    sender,
    content,
    signature,
    confirmationTag,
    framedContent,
  };
}

function readContent(
  reader: TlsReader,
  contentType: FramedHeader["contentType"],
): PublicContent {
  switch (contentType) {
    case "application":
      return { kind: "application", data: reader.opaque("framed_content.application_data") };
    case "proposal":
      return { kind: "proposal", proposal: readProposal(reader) };
    case "commit":
      return { kind: "commit", commit: readCommit(reader) };
  }
}

function readContentType(reader: TlsReader): FramedHeader["contentType"] {
  const type = reader.uint8("content_type");
  const name = CONTENT_TYPES[type];
  if (name === undefined) throw malformed("content_type", `${type} is not 1, 2 or 3`);
  return name;
}

function readSender(reader: TlsReader): Sender {
  const type = reader.uint8("sender.sender_type");
  switch (type) {
    case 1:
      return { kind: "member", leafIndex: reader.uint32("sender.leaf_index") };
    case 2:
      return { kind: "external", senderIndex: reader.uint32("sender.sender_index") };
    case 3:
      return { kind: "new_member_proposal" };
    case 4:
      return { kind: "new_member_commit" };
    default:
      throw malformed("sender.sender_type", `${type} is not one of 1 to 4`);
  }
}

function readTag(reader: TlsReader, field: string): Bytes {
  const tag = reader.opaque(field);
  if (tag.length === HASH_LENGTH) return tag;
  throw malformed(field, `it has ${tag.length} bytes, not ${HASH_LENGTH}`);
}
