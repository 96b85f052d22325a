import assert from "node:assert/strict";
import {
  type Account,
  type AccountWorld,
  onBothStores,
  PASSWORD,
} from "../support/account_world.ts";
import { eventually } from "../support/eventually.ts";
import { copiesInFiles, storedValues } from "../support/stored_values.ts";

const test = onBothStores();

/** Contained in everything that the user writes, names and registers. */
const MARK = "zebrafinch";

/** Columns where the id of an erased user may stay, so that chats and records keep their order. */
const ID_MAY_STAY = [
  "users.id",
  "users._id",
  // Only the fact that the names are taken: "deleted-<id>".
  "users.username",
  "users.usernameKey",
  "users.email",
  "users.emailKey",
  "users.terms",
  "user_terms.userId",
  "user_terms.term",
  "userKeys._id",
  "userKeys.userId",
  "memberships.userId",
  "memberships._id",
  "chats.directKey",
  "chats.createdBy",
  "messages.senderId",
  "messages.mentions",
  "chat_counts.userId",
  "chatCounts._id",
  "reports.reporterId",
  "reports.userId",
  "audit.actorId",
  "audit.userId",
  // Ids of actors in other users' lists and in events that are on their way to them.
  "notifications.actorId",
  "notifications.key",
  "outbox.occurrences",
];

async function ok(
  world: AccountWorld,
  person: Account,
  method: string,
  path: string,
  body?: unknown,
) {
  const answer = await world.send(method, path, body, person);
  assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function uploadNamed(world: AccountWorld, person: Account, name: string): Promise<string> {
  const form = new FormData();
  form.append("file", new Blob([`the words of ${MARK}`]), name);
  const response = await world.fetch(
    new Request("http://chat.example/api/media/upload", {
      method: "POST",
      headers: { authorization: `Bearer ${person.token}` },
      body: form,
    }),
  );
  const body = await response.json();
  assert.equal(response.status, 201, JSON.stringify(body));
  return body.id;
}

/** Performs every action that stores something. */
async function leaveTraces(world: AccountWorld, ann: Account, bob: Account): Promise<void> {
  const as = (person: Account) => (method: string, path: string, body?: unknown) =>
    ok(world, person, method, path, body);
  const [annDoes, bobDoes] = [as(ann), as(bob)];
  await annDoes("PUT", "/api/users/profile", { displayName: `Ann ${MARK}`, bio: `I am ${MARK}` });
  const chat = await annDoes("POST", "/api/chats", { userId: bob.id });
  const mediaIds = [await uploadNamed(world, ann, `${MARK}.txt`)];
  const own = { chatId: chat.id, text: `from ${MARK}`, mediaIds };
  const message = await annDoes("POST", "/api/messages", own);
  await annDoes("PUT", `/api/messages/${message.id}`, { text: `edited by ${MARK}, and longer` });
  const his = await bobDoes("POST", "/api/messages", { chatId: chat.id, text: "from bob" });
  await annDoes("POST", `/api/messages/${his.id}/react`, { emoji: "👍" });
  const group = await annDoes("POST", "/api/groups", { name: `Group of ${MARK}`, memberIds: [] });
  for (let i = 0; i < 3; i++) {
    await annDoes("POST", "/api/messages", { chatId: group.id, text: `${MARK} alone ${i}` });
  }
  await annDoes("POST", "/api/notifications/devices", { token: `token-${MARK}`, name: MARK });
  const backup = await annDoes("POST", "/api/history-backup", { keyCheck: MARK });
  const part = { backupId: backup.id, data: MARK };
  await annDoes("PUT", `/api/history-backup/parts/${MARK}`, part);
  const report = { userId: bob.id, reason: "spam", details: `says ${MARK}` };
  await annDoes("POST", "/api/users/report", report);
  const reportOfAnn = {
    userId: ann.id,
    messageId: message.id,
    reason: "abuse",
    details: `about ${MARK}`,
  };
  await bobDoes("POST", "/api/users/report", reportOfAnn);
  await annDoes("GET", `/api/messages/search?q=${MARK}`);
}

test("erasing an account leaves no trace of the user in any row or file", async (world) => {
  const [ann, bob] = [await world.register(MARK), await world.register("bob")];
  await leaveTraces(world, ann, bob);
  const marked = (await storedValues(world.config)).filter(({ text }) => text.includes(MARK));
  assert.ok(marked.length > 10, "the user has left traces");
  await ok(world, ann, "DELETE", "/api/users/profile", { password: PASSWORD });
  const store = await world.openStore();
  await eventually("it is done", async () => (await store.erasures.pending()).length === 0);
  await store.close();
  // Files are clean after a graceful stop at the latest; while the server runs, within minutes.
  await world.restart();
  await eventually("uploads are swept", async () => {
    const left = (await storedValues(world.config)).filter(({ place }) =>
      place.startsWith("media.")
    );
    return left.length === 0;
  });
  const values = await storedValues(world.config);
  assert.deepEqual(values.filter(({ text }) => text.toLowerCase().includes(MARK)), []);
  const ids = values.filter(({ text }) => text.includes(ann.id)).map(({ place }) => place);
  const unexpected = new Set(ids.filter((place) => !isAllowed(place)));
  assert.deepEqual([...unexpected], []);
  assert.deepEqual(copiesInFiles(world.config.dataDir, MARK), {});
}, { BROKER: "kv" });

function isAllowed(place: string): boolean {
  return ID_MAY_STAY.some((allowed) => place === allowed || place.startsWith(`${allowed}.`));
}
