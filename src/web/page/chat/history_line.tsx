import { useEffect, useState } from "preact/hooks";
import type { ReadonlySignal } from "@preact/signals";
import { useApp } from "../app/context.ts";
import type { ChatState } from "../state/chat.ts";
import { writing } from "../texts/writing/writing.ts";
import type { HistoryLine } from "./history_lines.ts";

/** Lines of a group's history; none until their code is loaded. */
export function useHistoryLines(chat: ChatState, isOpened: boolean): readonly HistoryLine[] {
  const app = useApp();
  const [lines, setLines] = useState<ReadonlySignal<HistoryLine[]> | null>(null);
  useEffect(() => {
    if (!isOpened || !chat.isGroup) return;
    const loading = Promise.all([import("./history_lines.ts"), writing.load()]);
    void loading.then(([{ historyLines }]) => setLines(historyLines(app, chat)));
  }, [chat, isOpened]);
  return lines?.value ?? [];
}

/** The lines of what happened after `from`, up to and with `to`. */
export function HistoryLines(
  { lines, from, to }: { lines: readonly HistoryLine[]; from: string; to: string },
) {
  return lines.filter(({ at }) => at > from && at <= to).map(({ key, text }) => (
    <li key={key} class="history-line muted small">
      <bdi>{text}</bdi>
    </li>
  ));
}
