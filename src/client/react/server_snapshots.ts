/**
 * Snapshots of a client that has loaded nothing: what the hooks return on a server, and for the
 * first render of a page that hydrates its HTML. React requires the same of both, and the page's
 * client may have loaded its data before.
 */
import type { MessagesSnapshot } from "../conversation.ts";
import type { ComposerDraft } from "../drafts.ts";
import type { Person } from "../people.ts";
import type { ConnectionState } from "../socket.ts";

const NONE: readonly never[] = [];
const NO_MESSAGES: MessagesSnapshot = { rows: NONE, hasOlder: false, isLoading: false };
const NO_DRAFT: ComposerDraft = { text: "" };

export const none = (): readonly never[] => NONE;
export const noRow = (): undefined => undefined;
export const noUrl = (): null => null;
export const noMessages = (): MessagesSnapshot => NO_MESSAGES;
export const noDraft = (): ComposerDraft => NO_DRAFT;
export const notConnected = (): ConnectionState => "idle";

/** A user of whom only the id is known. */
export function unknownPerson(id: string): Person {
  const profile = { id, username: "", displayName: "", bio: "", avatarMediaId: null };
  return { ...profile, name: "", presence: null, blocked: false };
}
