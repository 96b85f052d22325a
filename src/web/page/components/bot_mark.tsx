import { useApp } from "../app/context.ts";
import { t } from "../texts/texts.ts";

/** Says of a person that a program plays them; nothing for everybody else. */
export function BotMark({ userId }: { userId: string | null | undefined }) {
  const { people } = useApp();
  const isBot = userId && people.person(userId).bot;
  return isBot ? <span class="tag">{t().bot}</span> : null;
}
