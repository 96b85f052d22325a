import type { LocalMessage } from "../../../client/mod.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { systemText } from "../state/system_text.ts";
import { language, t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";

/** From here on, messages about what happened in a group have a text in the language in use. */
export async function loadSystemTexts(): Promise<void> {
  await writing.load();
  systemText.value = textOf;
}

function textOf({ metadata, text }: LocalMessage, { people, client }: SignedIn): string {
  if (!metadata || metadata.type === "custom") return text;
  const { type, userIds, by } = metadata;
  const texts = writing.t();
  const mine = client.userId;
  const actor = by === null ? null : by === mine ? t().you : people.nameOf(by);
  const isAboutMe = userIds.includes(mine);
  const names = new Intl.ListFormat(language.value.code).format(
    userIds.map((userId) => userId === mine ? t().youLower : people.nameOf(userId)),
  );
  const isOwnDoing = by === null || (userIds.length === 1 && userIds[0] === by);
  switch (type) {
    case "member.joined":
      if (isOwnDoing) return isAboutMe ? texts.youJoined : texts.joined(names);
      return by === mine ? texts.youAdded(names) : texts.added(actor!, names);
    case "member.left":
      return isAboutMe ? texts.youLeft : texts.left(names);
    case "member.removed":
      if (by === null) return texts.left(names);
      return by === mine ? texts.youRemoved(names) : texts.removed(actor!, names);
    case "chat.renamed":
      return texts.renamed(metadata.name ?? "");
    case "chat.picture":
      return texts.newPicture;
  }
}
