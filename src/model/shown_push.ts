import type { NotifiableKind } from "./notification.ts";

/**
 * A push that a device was sent and that nothing has taken back since: it is withdrawn when its
 * cause disappears. Ids only, and none of the person who caused it.
 */
export interface ShownPush {
  deviceId: string;
  userId: string;
  /** The collapse key: a later push with it has taken its place, on the device and here. */
  tag: string;
  kind: NotifiableKind;
  chatId: string | null;
  messageId: string | null;
  /** The place of the message in its chat. */
  seq: number | null;
  shownAt: number;
}
