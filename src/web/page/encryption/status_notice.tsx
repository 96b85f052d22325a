import { useApp } from "../app/context.ts";
import { e } from "../texts/encryption/encryption.ts";
import { encryptionOf } from "./encryption_state.ts";
import { Notice } from "./notice.tsx";

/** Why encrypted chats cannot be used here now; nothing if they can. */
export function StatusNotice() {
  const encryption = encryptionOf(useApp());
  const status = encryption.status.value;
  const retry = { label: e().tryAgain, run: () => void encryption.start() };
  const again = { label: e().setUpAgain, run: () => void encryption.setUpAgain() };
  if (status === "otherTab") {
    return <Notice kind="info" title={e().otherTab} text={e().otherTabText} actions={[retry]} />;
  }
  if (status === "insecure") {
    return <Notice kind="warning" title={e().insecure} text={e().insecureText} />;
  }
  if (status === "removed") {
    return <Notice kind="warning" title={e().removed} text={e().removedText} actions={[again]} />;
  }
  if (status === "failed") {
    return <Notice kind="warning" title={e().failed} text="" actions={[retry]} />;
  }
  return null;
}
