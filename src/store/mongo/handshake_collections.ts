import type { Handshake, StoredGroupInfo, StoredWelcome } from "../../model/handshake.ts";
import type { Document } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

/** Its `_id` is the chat, the generation and the epoch, so that an epoch has one Commit only. */
export type HandshakeDocument = Handshake & { _id: string };

/** Its `_id` is the chat. */
export type GroupInfoDocument = StoredGroupInfo & { _id: string };

export const HANDSHAKES: CollectionSpec = {
  name: "handshakes",
  indexes: [{ name: "changed", key: { chatId: 1, rev: 1 } }],
};

export const GROUP_INFOS: CollectionSpec = { name: "groupInfos", indexes: [] };

/** `message` is there where it is short, and in documents of earlier releases. */
export type WelcomeDocument = Document<Omit<StoredWelcome, "message">> & { message?: string };

/** Its `_id` is the chat and the revision of the Commit. Deleted with the last of its Welcomes. */
export interface WelcomeMessageDocument {
  _id: string;
  chatId: string;
  message: string;
}

export const WELCOMES: CollectionSpec = {
  name: "welcomes",
  indexes: [
    { name: "forDevice", key: { deviceId: 1, _id: 1 } },
    { name: "ofCommit", key: { chatId: 1, rev: 1 } },
  ],
};

export const WELCOME_MESSAGES: CollectionSpec = {
  name: "welcomeMessages",
  indexes: [{ name: "ofChat", key: { chatId: 1 } }],
};
