import type { LocalMessage } from "../../../client/mod.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { showToast } from "../state/toast.ts";
import { writing } from "../texts/writing/writing.ts";

/** Milliseconds in which a deletion can be undone: as long as its toast is shown. */
const UNDO_MS = 6_000;

/** Milliseconds that signing out waits for deletions: without a connection they are not done. */
const SIGN_OUT_MS = 3_000;

const timers = new Map<string, ReturnType<typeof setTimeout>>();

/**
 * Hides a message, and deletes it after some seconds unless that is undone. The intention is kept
 * in the browser, so that a page that is closed meanwhile deletes it when it is opened again.
 */
export async function deleteSoon(app: SignedIn, { id }: LocalMessage): Promise<void> {
  await writing.load();
  put(app, [...app.deleting.peek(), id]);
  timers.set(id, setTimeout(() => void deleteNow(app, id), UNDO_MS));
  const run = () => put(app, [...app.deleting.peek()].filter((each) => !stop(each)));
  showToast(writing.t().deletedNow, { label: writing.t().undo, run });
}

/** Deletes everything that an earlier visit has hidden. */
export function deletePending(app: SignedIn): void {
  for (const id of app.deleting.peek()) if (!timers.has(id)) void deleteNow(app, id);
}

/** Deletes everything that is hidden, before the person signs out: nothing is sent later. */
export async function deleteAll(app: SignedIn): Promise<void> {
  const work = Promise.all([...app.deleting.peek()].map((id) => deleteNow(app, id)));
  await Promise.race([work, new Promise((resolve) => setTimeout(resolve, SIGN_OUT_MS))]);
}

/** From here on the client keeps it; a refusal shows at the message itself. */
async function deleteNow(app: SignedIn, id: string): Promise<void> {
  stop(id);
  const deleted = app.client.delete(id).catch(() => {});
  put(app, [...app.deleting.peek()].filter((each) => each !== id));
  await deleted;
}

/** Returns whether it could still be undone. */
function stop(id: string): boolean {
  clearTimeout(timers.get(id));
  return timers.delete(id);
}

function put(app: SignedIn, ids: string[]): void {
  app.deleting.value = new Set(ids);
  app.kept.write("deleting", ids.join(" "));
}
