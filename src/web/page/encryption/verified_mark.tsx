import { useApp } from "../app/context.ts";
import type { ChatState } from "../state/chat.ts";
import { signalOf } from "../state/signal_of.ts";
import { e } from "../texts/encryption/encryption.ts";
import { encryptionOf } from "./encryption_state.ts";
import { VerifiedIcon } from "./verified_icon.tsx";

/** Beside the name of a chat whose other people are all verified. */
export function VerifiedMark({ chat }: { chat: ChatState }) {
  const app = useApp();
  return encryptionOf(app).status.value === "on" ? <Mark chat={chat} /> : null;
}

function Mark({ chat }: { chat: ChatState }) {
  const { client } = useApp();
  const trust = signalOf(client.encryption.trust(chat.id)).value;
  const others = trust.filter(({ userId }) => userId !== client.userId);
  const memberCount = chat.row.value?.memberCount ?? 0;
  const isVerified = others.length === memberCount - 1 && others.length > 0 &&
    others.every((each) => each.isVerified);
  if (!isVerified) return null;
  return (
    <span class="verified-mark" role="img" aria-label={e().verified} title={e().verified}>
      <VerifiedIcon />
    </span>
  );
}
