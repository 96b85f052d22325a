import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { clientId, userId } from "../fields.ts";
import type { Handshake } from "../../model/handshake.ts";

export const HandshakeView = lazy(() =>
  z.object({
    rev: z.int().describe("Its place in the chat, in order with the messages"),
    generation: z.int().describe(
      "Of the MLS group that the Commit is for; the first with a higher one has restarted the group",
    ),
    epoch: z.int().describe("The epoch that the Commit was made for; it begins the next one"),
    senderId: userId,
    clientId,
    commit: z.string().describe("Base64url of an MLSMessage (RFC 9420)"),
  }).meta({ id: "MlsCommit" })
);

export type HandshakeView = z.infer<ReturnType<typeof HandshakeView>>;

export function handshakeView(handshake: Handshake): HandshakeView {
  const { rev, generation, epoch, senderId, clientId, message } = handshake;
  return { rev, generation, epoch, senderId, clientId, commit: message };
}
