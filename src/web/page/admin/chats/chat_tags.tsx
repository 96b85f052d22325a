import type { Output } from "../../../../client/mod.ts";
import { mo } from "../../texts/moderation/moderation.ts";

type Chat = Output<"admin.chats">["items"][number];

/** Kind and state of a chat. */
export function ChatTags({ chat: { kind, encrypted, frozen } }: { chat: Chat }) {
  return (
    <span class="tags">
      <span class="tag">{kind === "group" ? mo().group : mo().direct}</span>
      {encrypted && <span class="tag">{mo().encrypted}</span>}
      {frozen && <span class="tag warning">{mo().frozen}</span>}
    </span>
  );
}
