import assert from "node:assert/strict";
import type { Caller } from "../../src/model/caller.ts";
import type { Bound } from "../../src/operations/handler.ts";
import { CommandTable } from "../../src/transport/command_table.ts";

Deno.test("CommandTable runs the operations that are offered on sockets, and no others", async () => {
  const ran: string[] = [];
  const dispatcher = {
    dispatch: ({ operation }: Bound) => {
      ran.push(operation.name);
      return Promise.resolve({ data: null });
    },
  };
  const bound = [{ name: "chat.send", socket: true }, { name: "auth.login", socket: false }]
    .map((operation) => ({ operation }) as Bound);
  const table = new CommandTable(bound, dispatcher as never);
  assert.deepEqual(table.names, ["chat.send"]);
  const caller = {} as Caller;
  assert.deepEqual(await table.run(caller, "chat.send"), { ok: true, data: {} });
  for (const name of ["auth.login", "chat.unknown", "__proto__", 7, null]) {
    const reply = await table.run(caller, name);
    assert.equal(!reply.ok && reply.error.code, "invalid_request", String(name));
  }
  assert.deepEqual(ran, ["chat.send"]);
});
