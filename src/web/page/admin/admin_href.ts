/** Returns the address of a part of the administrators' view, and of one thing in it. */
export function adminHref(tab: string, target = ""): string {
  return target === "" ? `#admin/${tab}` : `#admin/${tab}/${target}`;
}
