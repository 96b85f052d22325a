import type { HttpClient } from "../support/http_client.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";

/** Makes the person an administrator by role, and returns their client. */
export async function asAdmin(app: RunningApp, person: Person): Promise<HttpClient> {
  const store = await app.openStore();
  await store.users.update(person.id, { role: "admin" });
  await store.close();
  return app.client(person);
}

/** Actions of the newest entries of the whole audit trail, with their details. */
export async function newestEntries(app: RunningApp, limit: number) {
  const store = await app.openStore();
  const entries = await store.audit.all({ before: null, limit });
  await store.close();
  return entries;
}
