import type { PresenceDirectory } from "../presence_directory.ts";

/** Presence directory of a single instance. */
export function localPresence(): PresenceDirectory {
  const here = new Set<string>();
  return {
    enter(userId) {
      here.add(userId);
      return Promise.resolve();
    },
    leave(userId) {
      here.delete(userId);
      return Promise.resolve();
    },
    online: (userIds) => Promise.resolve(new Set(userIds.filter((userId) => here.has(userId)))),
    onOffline() {},
    onRestored() {},
    close() {},
  };
}
