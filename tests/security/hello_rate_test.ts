import assert from "node:assert/strict";
import { attacks } from "./attacks.ts";
import { SOCKETS } from "./entrances.ts";

const attack = attacks();

attack(
  SOCKETS,
  "a user who opens sockets again and again is refused, and no other",
  async (app, socket) => {
    const { ann, bob } = await app.people("ann", "bob");
    const entered = async ({ token }: typeof ann) => await socket.enter(app, token);
    const hers: string[] = [];
    for (let i = 0; i < 5; i++) hers.push(await entered(ann));
    assert.deepEqual(hers, ["ok", "ok", "ok", "rate_limited", "rate_limited"]);
    assert.equal(await entered(bob), "ok");
    assert.equal((await app.client(ann).get("/api/chats")).status, 200, "another limit");
  },
  { RATE_HELLO: "3/60m" },
);
