import assert from "node:assert/strict";
import { HistoryTransfer } from "../../../src/client/encryption/history_transfer.ts";
import { openEntries } from "../../../src/client/encryption/history_parts.ts";
import { UNSAVED } from "../../../src/client/encryption/history_state.ts";
import { utf8 } from "../../../src/client/mls/encoding.ts";
import { type Answers, contextWith, refusal } from "./world.ts";

const KEY = new Uint8Array(32).fill(7);

/** A server that keeps one backup, and a device that adds to it. */
async function transferWith(own: Answers = {}) {
  const parts = new Map<string, string>();
  let backup: { id: string; keyCheck: string } | null = null;
  const world = await contextWith({
    "historyBackup.begin": ({ keyCheck }: { keyCheck: string }) => {
      parts.clear();
      return backup = { id: crypto.randomUUID(), keyCheck };
    },
    "historyBackup.get": () => backup ?? refusal("not_found"),
    "historyBackup.remove": () => {
      if (!backup) refusal("not_found");
      backup = null;
    },
    "historyBackup.put": ({ backupId, name, data }: Record<string, string>) => {
      if (backup?.id !== backupId) refusal("not_found");
      parts.set(name, data);
    },
    "historyBackup.parts": ({ cursor = "0" }: { cursor?: string }) => {
      const all = [...parts].map(([name, data]) => ({ name, data }));
      const at = Number(cursor);
      return { items: all.slice(at, at + 1), next: at + 1 < all.length ? String(at + 1) : null };
    },
    ...own,
  });
  const states: string[] = [];
  const transfer = new HistoryTransfer(world.context, (state) => states.push(state));
  /** Stores a message as `Plaintexts` does while a backup is on. */
  const read = async (name: string, bytes = 10) => {
    const mark = { [`${UNSAVED}plain/${name}`]: Uint8Array.of(1) };
    await world.store.write({ [`plain/${name}`]: new Uint8Array(bytes).fill(1), ...mark });
  };
  const sizes = async () => {
    const opened = await Promise.all([...parts.values()].map((data) => openEntries(data, KEY)));
    return opened.map(({ size }) => size);
  };
  const replace = () => backup = { id: "another", keyCheck: backup!.keyCheck };
  return { ...world, transfer, states, parts, read, sizes, replace };
}

Deno.test("HistoryTransfer saves what was read before and after it was turned on, in parts of limited size", async () => {
  const { transfer, read, store, sizes, states, parts, context } = await transferWith();
  await store.write({ "plain/chat/old": utf8("old"), "known/bob": utf8("{}") });
  await transfer.turnOn(KEY);
  await transfer.save();
  assert.deepEqual(await sizes(), [1], "only messages");
  await read("chat/new");
  await transfer.save();
  assert.deepEqual(await sizes(), [2], "the part is written again while there is room");
  for (let n = 0; n < 4; n++) await read(`chat/large${n}`, 10_000);
  await transfer.save();
  assert.deepEqual(await sizes(), [5, 1]);
  await read("chat/huge", 100_000);
  await transfer.save();
  await transfer.save();
  assert.deepEqual(await sizes(), [5, 1, 1], "one that is too large has a part of its own");
  const names = [...parts.keys()].map((name) => name.replace(context.device.deviceId, ""));
  assert.deepEqual(names, ["-1", "-2", "-3"]);
  assert.deepEqual(await store.names(UNSAVED), []);
  assert.deepEqual(states, ["on"]);
});

Deno.test("HistoryTransfer restores the messages it does not know, and adds its own to the backup", async () => {
  const first = await transferWith();
  await first.transfer.turnOn(KEY);
  await first.read("chat/a");
  await first.read("chat/large", 30_000);
  await first.read("chat/z");
  await first.transfer.save();
  const answers = Object.fromEntries(
    ["get", "parts", "put"].map((name) => {
      return [`historyBackup.${name}`, (input: never) => {
        return first.context.call(`historyBackup.${name}` as never, input);
      }];
    }),
  );
  const second = await transferWith(answers);
  await second.store.write({ "plain/chat/a": utf8("mine"), "plain/chat/own": utf8("own") });
  assert.equal(await second.transfer.restore(KEY), 2);
  assert.deepEqual(await second.store.read("plain/chat/a"), utf8("mine"), "kept as it was");
  assert.equal((await second.store.read("plain/chat/large"))?.length, 30_000);
  assert.deepEqual(await second.store.names(UNSAVED), [`${UNSAVED}plain/chat/own`]);
  await second.transfer.save();
  const last = await openEntries([...first.parts.values()].at(-1)!, KEY);
  assert.deepEqual([...last.keys()], ["plain/chat/own"]);
  assert.deepEqual(second.states, ["on"]);
});

Deno.test("HistoryTransfer restores nothing with another key", async () => {
  const world = await transferWith();
  await world.transfer.turnOn(KEY);
  const other = new Uint8Array(32).fill(8);
  await assert.rejects(world.transfer.restore(other), { code: "unreadable" });
  assert.ok(world.calls.every(({ name }) => name !== "historyBackup.parts"));
});

Deno.test("HistoryTransfer says whether there is a backup, and adds nothing to one that is not its own", async () => {
  const world = await transferWith();
  await world.transfer.refresh();
  assert.deepEqual(world.states, ["off"]);
  await world.read("chat/a");
  await world.transfer.save();
  assert.equal(world.parts.size, 0, "it is not on");
  await world.transfer.turnOn(KEY);
  await world.transfer.refresh();
  assert.deepEqual(world.states, ["off", "on"]);
  world.replace();
  await world.read("chat/b");
  await world.transfer.save();
  assert.deepEqual(world.states, ["off", "on", "locked"]);
  assert.deepEqual(await world.store.names(UNSAVED), [], "nothing waits any more");
  await world.transfer.turnOff();
  await world.transfer.turnOff();
  assert.deepEqual(world.states.slice(3), ["off", "off"], "twice is no error");
});

Deno.test("HistoryTransfer keeps what a full or unreachable server did not store", async () => {
  for (
    const [code, state] of [["quota_exceeded", "full"], ["payload_too_large", "full"]] as const
  ) {
    const world = await transferWith({ "historyBackup.put": () => refusal(code) });
    await world.transfer.turnOn(KEY);
    await world.read("chat/a");
    await world.transfer.save();
    assert.deepEqual(world.states, ["on", state]);
    assert.equal((await world.store.names(UNSAVED)).length, 1);
  }
  const world = await transferWith({ "historyBackup.put": () => refusal("offline") });
  await world.transfer.turnOn(KEY);
  await world.read("chat/a");
  await assert.rejects(world.transfer.save(), { code: "offline" });
  assert.equal((await world.store.names(UNSAVED)).length, 1);
  const removing = await transferWith({ "historyBackup.remove": () => refusal("offline") });
  await removing.transfer.turnOn(KEY);
  await assert.rejects(removing.transfer.turnOff(), { code: "offline" });
  assert.deepEqual(removing.states, ["on"]);
});
