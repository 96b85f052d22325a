import { signal } from "@preact/signals";
import { hideToast, toast } from "../state/toast.ts";

export type KeyboardDialogKind = "switch" | "shortcuts" | "search";

/** Dialog that a shortcut has opened. */
export const keyboardDialog = signal<KeyboardDialogKind | null>(null);

/** Shortcuts that work everywhere on the page; `shortcut_list.tsx` names them. */
export function listenForShortcuts(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !run(event)) return;
    event.preventDefault();
  });
}

/** Returns whether the key was a shortcut. */
function run(event: KeyboardEvent): boolean {
  const { key } = event;
  const isControl = (event.ctrlKey || event.metaKey) && !event.altKey;
  // A dialog is its own world.
  const isModal = document.querySelector("dialog:modal") !== null;
  if (isControl && key === "k") return !isModal && open("switch");
  if (isControl && key === "/") return !isModal && open("shortcuts");
  if (isControl && event.shiftKey && key.toLowerCase() === "f") return !isModal && open("search");
  if (isModal || isWritten(event.target)) return false;
  if (isControl && key === "z") return undo();
  if (key === "?") return open("shortcuts");
  return (key === "ArrowUp" || key === "ArrowDown") && moveToMessage(event);
}

function open(kind: KeyboardDialogKind): boolean {
  keyboardDialog.value = kind;
  return true;
}

function isWritten(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

function undo(): boolean {
  const { action } = toast.peek() ?? {};
  if (!action) return false;
  action.run();
  hideToast();
  return true;
}

/** From a message to the one before or after it. */
function moveToMessage({ key, target }: KeyboardEvent): boolean {
  const row = target instanceof HTMLElement && !target.closest(".menu") &&
    target.closest(".message");
  if (!row) return false;
  const rows = [...row.parentElement!.querySelectorAll(":scope > .message")];
  const next = rows[rows.indexOf(row) + (key === "ArrowUp" ? -1 : 1)];
  next?.querySelector<HTMLElement>(".bubble")?.focus();
  return next !== undefined;
}
