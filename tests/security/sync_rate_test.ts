import assert from "node:assert/strict";
import { toBase64Url } from "../../src/core/base64url.ts";
import { newId } from "../../src/core/ids.ts";
import type { HttpAnswer } from "../support/http_client.ts";
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

attack(
  REST,
  "what is announced in many chats counts as several requests",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const hers = app.client(ann);
    const left = async (request: Promise<HttpAnswer>) => {
      const { status, headers } = await request;
      return [status, /r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1]];
    };
    const register = () =>
      hers.post("/api/devices", {
        name: "phone",
        signatureKey: toBase64Url(crypto.getRandomValues(new Uint8Array(32))),
      });
    await using _socket = await SOCKETS[0].hold(app, ann.token);
    const set = (state: string) => hers.put("/api/users/status", { state });
    assert.deepEqual(await left(set("busy")), [200, "19"], "in no chat");
    assert.deepEqual(await left(register()), [201, "19"]);
    for (let i = 0; i < 100; i++) {
      assert.equal((await hers.post("/api/groups", { name: `${i}` })).status, 201);
    }
    assert.deepEqual(await left(set("away")), [200, "17"]);
    const device = await register();
    assert.deepEqual(await left(Promise.resolve(device)), [201, "17"]);
    const removed = hers.delete(`/api/devices/${device.body.id}`);
    assert.deepEqual(await left(removed), [204, "15"]);
    assert.deepEqual(await left(app.client(bob).put("/api/users/status", { state: "busy" })), [
      200,
      "19",
    ]);
  },
  { RATE_SIGNAL: "20/60m", RATE_WRITE: "20/60m", RATE_JOIN: "1000/1m" },
);
