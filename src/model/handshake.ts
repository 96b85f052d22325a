/** A Commit (RFC 9420, section 12.4) in its place in the chat's order. Rows are never changed. */
export interface Handshake {
  chatId: string;
  /** The revision that it took. */
  rev: number;
  /** The group that it was made for: see `Chat.generation`. */
  generation: number;
  /** The epoch that it was made for, which it ended: there is one Commit for each of a group. */
  epoch: number;
  senderId: string;
  /** The sender's id for it, which identifies a repeat. */
  clientId: string;
  /** An MLSMessage in base64url. */
  message: string;
  createdAt: number;
}

/** The public state of a chat's group after its last Commit; with it a device joins by itself. */
export interface StoredGroupInfo {
  chatId: string;
  generation: number;
  epoch: number;
  /** An MLSMessage in base64url. */
  groupInfo: string;
}

/** A Welcome for one device; stored until the device confirms it. */
export interface StoredWelcome {
  id: string;
  chatId: string;
  userId: string;
  deviceId: string;
  /** The revision of the Commit that it belongs to. */
  rev: number;
  generation: number;
  /** The epoch that the device joins in. */
  epoch: number;
  /** An MLSMessage in base64url. */
  message: string;
  createdAt: number;
}
