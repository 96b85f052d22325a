import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp, toTimestampOrNull } from "../../core/clock.ts";
import type { Membership } from "../../model/membership.ts";
import { customView } from "../custom_data.ts";
import { chatId, timestamp, userId } from "../fields.ts";

export const MemberView = lazy(() =>
  z.object({
    chatId,
    userId,
    role: z.enum(["owner", "admin", "member"]),
    rev: z.int().describe("The last revision that changed role, joinedAt, leftAt or custom"),
    joinedAt: timestamp,
    leftAt: timestamp.nullable(),
    readSeq: z.int(),
    deliveredSeq: z.int(),
    custom: customView().optional(),
  }).meta({ id: "Member" })
);

export type MemberView = z.infer<ReturnType<typeof MemberView>>;

/** Fields of a membership that other members may see: notification settings are private. */
export function memberView(member: Membership): MemberView {
  return {
    chatId: member.chatId,
    userId: member.userId,
    role: member.role,
    rev: member.rev,
    joinedAt: toTimestamp(member.joinedAt),
    leftAt: toTimestampOrNull(member.leftAt),
    readSeq: member.readSeq,
    deliveredSeq: member.deliveredSeq,
    ...(member.custom && { custom: member.custom }),
  };
}

/** Content of a member event: the membership, and the current number of members. */
export const MemberEventView = lazy(() =>
  MemberView().extend({
    memberCount: z.int().optional().describe("Number of members after the change"),
  }).meta({ id: "MemberEvent" })
);

export type MemberEventView = z.infer<ReturnType<typeof MemberEventView>>;

export function memberEventView(
  { member, memberCount }: { member: Membership; memberCount?: number },
): MemberEventView {
  return { ...memberView(member), ...(memberCount !== undefined && { memberCount }) };
}

export const ReceiptView = lazy(() =>
  z.object({
    chatId,
    userId,
    readSeq: z.int(),
    deliveredSeq: z.int(),
  }).meta({ id: "Receipt" })
);

export type ReceiptView = z.infer<ReturnType<typeof ReceiptView>>;

export const ReceiptsView = lazy(() =>
  ReceiptView().extend({
    others: z.array(ReceiptView()).optional().describe(
      "Further members whose cursors moved at the same time",
    ),
  }).meta({ id: "Receipts" })
);

export type ReceiptsView = z.infer<ReturnType<typeof ReceiptsView>>;

/** Receipts in an event for connections that said `compact` in hello. */
export const CompactReceiptsView = lazy(() => {
  const receipt = ReceiptView().omit({ chatId: true }).meta({ id: "CompactReceipt" });
  return receipt.extend({ others: z.array(receipt).optional() }).meta({
    id: "CompactReceipts",
    description: "In events for connections with `compact`: the chat is the event's `chatId`",
  });
});

export type CompactReceiptsView = z.infer<ReturnType<typeof CompactReceiptsView>>;

export const ReceiptCountView = lazy(() =>
  z.object({
    chatId,
    seq: z.int().describe("The newest message"),
    read: z.int().describe("Members who have read it"),
    delivered: z.int().describe("Members who have received it"),
  }).meta({ id: "ReceiptCount" })
);

export type ReceiptCountView = z.infer<ReturnType<typeof ReceiptCountView>>;

/** Takes receipts of at least one member. */
export function receiptsView([first, ...others]: readonly Membership[]): ReceiptsView {
  return {
    ...receiptView(first),
    ...(others.length > 0 && { others: others.map(receiptView) }),
  };
}

export function receiptView(member: Membership): ReceiptView {
  const { chatId, userId, readSeq, deliveredSeq } = member;
  return { chatId, userId, readSeq, deliveredSeq };
}
