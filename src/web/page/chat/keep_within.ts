/** Pixels between the menu and the edge of the list. */
const GAP_PX = 4;

/**
 * Moves an open menu so that all of it is within its list, whose edges cut off what is beyond them.
 * A menu that is larger than the list scrolls.
 */
export function keepWithin(menu: HTMLElement, list: HTMLElement): void {
  const bounds = list.getBoundingClientRect();
  menu.style.maxHeight = `${bounds.height - 2 * GAP_PX}px`;
  menu.style.maxWidth = `${bounds.width - 2 * GAP_PX}px`;
  const { left, right, top, bottom } = menu.getBoundingClientRect();
  const x = shift(left - bounds.left, bounds.right - right);
  const y = shift(top - bounds.top, bounds.bottom - bottom);
  menu.style.translate = `${x}px ${y}px`;
}

/** Returns the pixels to move by, given the room before and after, negative where it is cut off. */
function shift(before: number, after: number): number {
  if (before < GAP_PX) return GAP_PX - before;
  return Math.min(0, after - GAP_PX);
}
