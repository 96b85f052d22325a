import type { Handshake, StoredGroupInfo } from "../../model/handshake.ts";
import type { CollectionSpec } from "./indexes.ts";

/** Its `_id` is the chat and the epoch, which so can have one Commit only. */
export type HandshakeDocument = Handshake & { _id: string };

/** Its `_id` is the chat. */
export type GroupInfoDocument = StoredGroupInfo & { _id: string };

export const HANDSHAKES: CollectionSpec = {
  name: "handshakes",
  indexes: [{ name: "changed", key: { chatId: 1, rev: 1 } }],
};

export const GROUP_INFOS: CollectionSpec = { name: "groupInfos", indexes: [] };

export const WELCOMES: CollectionSpec = {
  name: "welcomes",
  indexes: [{ name: "forDevice", key: { deviceId: 1, _id: 1 } }],
};
