import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { type Actor, LibraryActor } from "./actors.ts";
import type { Ledger } from "./ledger.ts";
import type { ChaosWorld } from "./world.ts";

interface Row {
  id: string;
  seq: number;
  rev: number;
  senderId: string;
  clientId: string;
  text: string | null;
  editedAt?: string | null;
  deletedAt?: string | null;
  reactions?: unknown[];
}

/**
 * Fails if an acknowledged message was lost, duplicated or reordered, or if a client differs from
 * the server.
 */
export async function checkAll(
  world: ChaosWorld,
  actors: Actor[],
  ledger: Ledger,
): Promise<{ messages: number }> {
  const rows = await eventually("the history can be read", () => history(world, ledger.chatId), {
    within: 60_000,
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const id of ledger.ids) assert.ok(byId.has(id), `The acknowledged message ${id} is lost`);
  const sends = new Set(rows.map(({ senderId, clientId }) => `${senderId} ${clientId}`));
  assert.equal(sends.size, rows.length, "A send made two messages");
  for (const { id, text } of rows) {
    assert.ok(ledger.allows(id, text), `The message ${id} has a text that nobody wrote: ${text}`);
  }
  for (const actor of actors) await checkActor(actor, rows, ledger.chatId);
  return { messages: rows.length };
}

async function checkActor(actor: Actor, rows: Row[], chatId: string): Promise<void> {
  const expected = rows.map(({ id, rev, text }) => ({ id, rev, text: text ?? "" }));
  const { username } = actor.person;
  const held = () =>
    actor.messages(chatId).map(({ id, rev, text }) => ({ id, rev, text: text ?? "" }));
  const matches = () => assert.deepEqual(held(), expected) === undefined;
  await eventually(`${username} has what the server has`, matches, { within: 60_000, every: 200 });
  if (actor instanceof LibraryActor) checkTold(actor.told, rows, username);
}

/**
 * A catch-up of several pages gives messages in the order of their last revision: one that was
 * changed before the client received it comes with the page of that change, after later ones.
 */
function checkTold(told: readonly string[], rows: readonly Row[], username: string): void {
  const ids = rows.map(({ id }) => id);
  assert.deepEqual(told.toSorted(), ids.toSorted(), `${username} was told of each message once`);
  const unchanged = new Set(rows.filter(isUnchanged).map(({ id }) => id));
  assert.deepEqual(
    told.filter((id) => unchanged.has(id)),
    ids.filter((id) => unchanged.has(id)),
    `${username} was told of unchanged messages in their order`,
  );
}

function isUnchanged({ editedAt, deletedAt, reactions }: Row): boolean {
  return !editedAt && !deletedAt && (reactions ?? []).length === 0;
}

/**
 * Returns all messages by catch-up from the start; their revisions must reach the head without a
 * gap.
 */
async function history(world: ChaosWorld, chatId: string): Promise<Row[]> {
  const [{ token }] = world.people;
  const rows = new Map<string, Row>();
  for (let after = 0, more = true; more;) {
    const { status, body } = await new HttpClient(world.url, token)
      .get(`/api/chats/${chatId}/changes?after=${after}`);
    assert.equal(status, 200);
    for (const row of body.messages) rows.set(row.id, row);
    assert.ok(body.rev > after || !body.more, "The catch-up gets no further");
    ({ rev: after, more } = body);
  }
  return [...rows.values()].sort((a, b) => a.seq - b.seq);
}
