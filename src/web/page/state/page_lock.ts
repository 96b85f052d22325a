/*
 * A tab holds a lock in the name of the version that it runs, as long as it is open. Thus the
 * service worker knows which versions are in use, without having to ask tabs that may be asleep.
 */
const PREFIX = "realtimechat page ";

export function hold(entry: string): void {
  const forever = () => new Promise<never>(() => {});
  void navigator.locks?.request(PREFIX + entry, { mode: "shared" }, forever);
}

export async function isHeld(entry: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === PREFIX + entry);
}
