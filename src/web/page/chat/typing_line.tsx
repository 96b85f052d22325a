import { useApp } from "../app/context.ts";
import type { ChatState } from "../state/chat.ts";
import { t } from "../texts/texts.ts";

/** Keeps its height while it is empty, so that the messages do not jump when somebody writes. */
export function TypingLine({ chat }: { chat: ChatState }) {
  const { people } = useApp();
  const names = chat.typing.value.filter((userId) => !people.isBlocked(userId))
    .slice(0, 3).map((userId) => people.nameOf(userId));
  return <p class="typing muted small ellipsis">{textOf(names)}</p>;
}

function textOf(names: string[]): string {
  if (names.length === 0) return "";
  if (names.length === 1) return t().isTyping(names[0]);
  return names.length === 2 ? t().areTyping(names[0], names[1]) : t().manyTyping;
}
