import { useEffect } from "preact/hooks";
import type { PersonTrust } from "../../../client/encryption/mod.ts";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Section } from "../components/section.tsx";
import type { ChatState } from "../state/chat.ts";
import { signalOf } from "../state/signal_of.ts";
import { e } from "../texts/encryption/encryption.ts";
import { encryptionOf } from "./encryption_state.ts";
import { VerifiedIcon } from "./verified_icon.tsx";
import { useVerifyDialog } from "./verify_dialog.tsx";

/** People with a row each; of a larger group, those whose keys have changed come first. */
const MAX_PEOPLE = 50;

/** In the details of an encrypted chat: whom the person has verified. */
export function ChatEncryption({ chat }: { chat: ChatState }) {
  const encryption = encryptionOf(useApp());
  useEffect(() => void encryption.start(), []);
  return (
    <Section title={e().title}>
      <p class="muted small">{e().chatIsEncrypted}</p>
      {encryption.status.value === "on" && <People chat={chat} />}
    </Section>
  );
}

function People({ chat }: { chat: ChatState }) {
  const { client } = useApp();
  const { dialog, verify } = useVerifyDialog(chat.id);
  const trust = signalOf(client.encryption.trust(chat.id)).value;
  const others = chat.members.value
    .filter(({ userId, leftAt }) => leftAt === null && userId !== client.userId)
    .map(({ userId }) => ({ userId, trust: trust.find((each) => each.userId === userId) }))
    .toSorted((a, b) => rankOf(a.trust) - rankOf(b.trust))
    .slice(0, MAX_PEOPLE);
  return (
    <>
      <ul>
        {others.map(({ userId, trust }) => (
          <PersonRow
            key={userId}
            userId={userId}
            trust={trust}
            onVerify={() => verify(userId)}
          />
        ))}
      </ul>
      {dialog}
    </>
  );
}

interface PersonRowProps {
  userId: string;
  trust: PersonTrust | undefined;
  onVerify(): void;
}

function PersonRow({ userId, trust, onVerify }: PersonRowProps) {
  const { people } = useApp();
  const name = people.nameOf(userId);
  return (
    <li class="list-row">
      <Avatar id={userId} name={name} mediaId={people.person(userId).avatarMediaId} size="s" />
      <div>
        <p class="ellipsis">
          <bdi>{name}</bdi>
        </p>
        <p class="muted small trust-line">
          {trust?.isVerified && <VerifiedIcon />}
          {!trust ? e().noKeys : trust.isVerified ? e().verified : e().notVerified}
        </p>
      </div>
      {trust && (
        <button
          type="button"
          class="link-button"
          aria-label={e().verifyPerson(name)}
          onClick={onVerify}
        >
          {trust.isVerified ? e().safetyNumber : e().verify}
        </button>
      )}
    </li>
  );
}

function rankOf(trust: PersonTrust | undefined): number {
  if (trust?.hasChangedKeys) return 0;
  return trust?.isVerified ? 2 : 1;
}
