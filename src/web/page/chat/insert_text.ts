/**
 * Puts a text in place of a part of what is in the box, as if it were typed; without a part, at the
 * caret.
 */
export function insertText(
  input: HTMLTextAreaElement,
  text: string,
  start = input.selectionStart,
  end = input.selectionEnd,
): void {
  input.setRangeText(text, start, end, "end");
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
