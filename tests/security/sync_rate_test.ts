import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { attacks, REST } from "./attacks.ts";
import { SOCKETS } from "./entrances.ts";

const attack = attacks();

/** Cursors of 250 chats, for which a sync looks: two uses of a limit beside its first. */
const cursors = Object.fromEntries(Array.from({ length: 250 }, () => [newId(), 1]));

attack(
  REST,
  "a sync of many chats counts as several reads",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const sync = async (given: object) => {
      const { status, headers } = await app.client(ann).post("/api/sync", { cursors: given });
      return [status, /r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1]];
    };
    assert.deepEqual(await sync(cursors), [200, "4"]);
    assert.deepEqual(await sync({}), [200, "3"]);
    assert.deepEqual(await sync(cursors), [200, "0"]);
    assert.equal((await sync({}))[0], 429);
    assert.equal((await app.client(bob).post("/api/sync", {})).status, 200);
  },
  { RATE_READ: "7/60m" },
);

attack(
  SOCKETS,
  "a hello that syncs many chats counts as several",
  async (app, socket) => {
    const { ann, bob } = await app.people("ann", "bob");
    const hers: string[] = [];
    for (let i = 0; i < 3; i++) hers.push(await socket.enter(app, ann.token, { cursors }));
    assert.deepEqual(hers, ["ok", "ok", "rate_limited"]);
    for (let i = 0; i < 3; i++) assert.equal(await socket.enter(app, bob.token), "ok");
  },
  { RATE_HELLO: "6/60m" },
);
