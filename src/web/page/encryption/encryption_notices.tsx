import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import type { ChatState } from "../state/chat.ts";
import { signalOf } from "../state/signal_of.ts";
import { e } from "../texts/encryption/encryption.ts";
import { encryptionOf } from "./encryption_state.ts";
import { Notice } from "./notice.tsx";
import { RestoreDialog } from "./restore_dialog.tsx";
import { StatusNotice } from "./status_notice.tsx";
import { useVerifyDialog } from "./verify_dialog.tsx";

/** Warnings that are shown at once: in a large group, further ones follow. */
const MAX_WARNINGS = 3;

/** Above the messages of an encrypted chat: what the person has to know before writing. */
export function EncryptionNotices({ chat }: { chat: ChatState }) {
  const encryption = encryptionOf(useApp());
  useEffect(() => void encryption.start(), []);
  const status = encryption.status.value;
  return (
    <div class="encryption-notices">
      {status === "on" ? <Trust chat={chat} /> : <StatusNotice />}
    </div>
  );
}

function Trust({ chat }: { chat: ChatState }) {
  const { client, people } = useApp();
  const { dialog, verify } = useVerifyDialog(chat.id);
  const trust = signalOf(client.encryption.trust(chat.id)).value;
  const changed = trust.filter(({ hasChangedKeys }) => hasChangedKeys).slice(0, MAX_WARNINGS);
  const peerId = chat.row.value?.peerId ?? null;
  const isWaiting = peerId !== null && trust.length > 0 &&
    trust.every(({ userId }) => userId !== peerId);
  return (
    <>
      {changed.map(({ userId, wasVerified }) => (
        <KeyWarning
          key={userId}
          userId={userId}
          wasVerified={wasVerified}
          onVerify={() => verify(userId)}
        />
      ))}
      {isWaiting && (
        <Notice
          kind="info"
          title={e().waitingForDevice(people.nameOf(peerId))}
          text={e().waitingForDeviceText}
        />
      )}
      <RestoreNotice chat={chat} />
      {dialog}
    </>
  );
}

interface KeyWarningProps {
  userId: string;
  wasVerified: boolean;
  onVerify(): void;
}

/** Warns more strongly if the person was verified: an attack is more likely then. */
function KeyWarning({ userId, wasVerified, onVerify }: KeyWarningProps) {
  const { client, people } = useApp();
  const acknowledge = {
    label: e().acknowledge,
    run: () => void client.encryption.acknowledgeKeys(userId),
  };
  if (userId === client.userId) {
    return (
      <Notice
        kind="warning"
        title={e().ownKeysChanged}
        text={e().ownKeysChangedText}
        actions={[acknowledge]}
      />
    );
  }
  return (
    <Notice
      kind={wasVerified ? "danger" : "warning"}
      title={e().keysChanged(people.nameOf(userId))}
      text={wasVerified ? e().verifiedKeysChangedText : e().keysChangedText}
      actions={[{ label: e().verify, run: onVerify }, acknowledge]}
    />
  );
}

/** For a new browser, once it meets messages that it cannot read and a backup may have. */
function RestoreNotice({ chat }: { chat: ChatState }) {
  const { client } = useApp();
  const [isOpen, setOpen] = useState(false);
  const hasUnread = chat.messages.value.some((each) => each.encrypted?.state === "before_join");
  const isOffered = hasUnread && signalOf(client.encryption.history.state).value === "locked";
  return (
    <>
      {isOffered && (
        <Notice
          kind="info"
          title={e().restoreTitle}
          text={e().backupLocked}
          actions={[{ label: e().enterKey, run: () => setOpen(true) }]}
        />
      )}
      {isOpen && <RestoreDialog onClose={() => setOpen(false)} />}
    </>
  );
}
