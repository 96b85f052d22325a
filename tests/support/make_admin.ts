import { openStoreOf, type Person } from "./people.ts";
import type { RunningApp } from "./running_app.ts";

/** Gives a person the administrator's role. */
export async function makeAdmin(app: RunningApp, { id }: Person): Promise<void> {
  const store = await openStoreOf(app.config);
  await store.users.update(id, { role: "admin" });
  await store.close();
}
