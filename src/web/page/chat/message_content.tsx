import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { InChat } from "../encryption/in_chat.ts";
import { MediaView } from "../media/media_view.tsx";
import { RichText } from "../rich_text/rich_text.tsx";
import { mentionedIn } from "./mentions.ts";
import { t } from "../texts/texts.ts";

export function MessageContent({ message }: { message: LocalMessage }) {
  const { people, client } = useApp();
  const { kind, encrypted, deletedAt, media, text, mentions } = message;
  if (people.isBlocked(message.senderId)) return <Gone text={t().fromBlocked} />;
  if (deletedAt !== null) return <Gone text={t().deleted} />;
  const isSealed = encrypted || kind === "encrypted";
  return (
    <>
      {isSealed ? <InChat message={message} /> : media.length > 0 && <MediaView media={media} />}
      {text !== "" && (
        <RichText
          text={text}
          mentioned={mentions.length === 0
            ? undefined
            : mentionedIn(mentions, people, client.userId)}
        />
      )}
    </>
  );
}

function Gone({ text }: { text: string }) {
  return <p class="text gone">{text}</p>;
}
