import type { PresenceDirectory } from "../presence_directory.ts";

/** For an instance that is alone. */
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
    onVoid() {},
    onRestored() {},
    close() {},
  };
}
