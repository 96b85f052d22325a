import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { newId } from "../../src/core/ids.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aChange, aChat, aMember } from "../contract/store/rows.ts";
import { HttpClient } from "../support/http_client.ts";
import { openStoreOf, seedPeople } from "../support/people.ts";
import { ServerProcess, startArguments } from "../support/server_process.ts";
import { cannotSlowDisk, SlowDisk } from "../support/slow_disk.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";

/** Promises of SQLite's adapter about the disk, which a library in front of it slows down or breaks. */
const SYNC_MS = 200;
/**
 * CPU time of the thread, in which waiting for the disk counts here. Below one sync, and far above the
 * turns of the server, which take longer where others use its core.
 */
const MAX_TURN_MS = 150;
const CHILD = "tests/support/fixtures/store_child.ts";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DATABASE = "chat.sqlite3";

function test(name: string, fn: (dir: TempDir) => Promise<void>): void {
  Deno.test({
    name,
    ignore: cannotSlowDisk,
    async fn() {
      await using dir = await TempDir.make("slow_disk");
      await fn(dir);
    },
  });
}

/** A server on such a disk, a member of a chat, and the chat. */
async function started(dir: TempDir, disk: SlowDisk) {
  const config = testConfig(dir.join("data"));
  const { ann } = await seedPeople(config, ["ann"]);
  const store = await openStoreOf(config);
  const chat = aChat({ createdBy: ann.id });
  await store.chats.commit(
    aChange(0, chat, { members: [aMember(chat.id, { userId: ann.id })] }),
  );
  await store.close();
  const env = { ...testEnvironment(), ...disk.env, DATA_DIR: config.dataDir };
  const server = await ServerProcess.start({ env });
  const http = new HttpClient(server.url, ann.token);
  const send = (text: string) => http.post("/api/messages", { chatId: chat.id, text });
  return { server, http, send, chatId: chat.id, config, env };
}

test("SQLite on a slow disk: sends wait for it, reads show what is on it, and the event loop goes on", async (dir) => {
  const disk = await SlowDisk.make(dir, DATABASE, SYNC_MS);
  const { server, http, send, chatId } = await started(dir, disk);
  await using _ = server;
  const seen = new Set<string>();
  let hasEnded = false;
  const reading = (async () => {
    while (!hasEnded) {
      const { body } = await http.get(`/api/messages/${chatId}?limit=10`);
      for (const { text } of body.items) {
        if (seen.has(text)) continue;
        seen.add(text);
        assert.ok(isSynced(disk, text), `"${text}" was shown before it was on disk`);
      }
    }
  })();
  // Reported at the end.
  reading.catch(() => {});
  const syncsBefore = disk.syncs().length;
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 10 }, async (_, n) => {
      const text = `round ${round} text ${n} ${newId()}`;
      const { status } = await send(text);
      assert.equal(status, 201);
      assert.ok(isSynced(disk, text), `"${text}" was sent before it was on disk`);
    }));
  }
  hasEnded = true;
  await reading;
  const syncs = disk.syncs().slice(syncsBefore);
  assert.ok(syncs.length >= 5);
  assert.deepEqual(syncs.filter((sync) => sync.startsWith("main")), []);
  const { body } = await http.get("/metrics");
  const [, seconds] = /^realtimechat_event_loop_longest_turn_seconds (\S+)$/m.exec(body)!;
  assert.ok(Number(seconds) * 1_000 <= MAX_TURN_MS, `the longest turn was ${seconds} s`);
});

/** True if the text would survive a power failure now. */
function isSynced(disk: SlowDisk, text: string): boolean {
  const wanted = new TextEncoder().encode(text);
  const files = ["", "-wal"].map((suffix) => disk.synced(DATABASE + suffix)).filter(existsSync);
  return files.some((file) => includes(Deno.readFileSync(file), wanted));
}

function includes(bytes: Uint8Array, wanted: Uint8Array): boolean {
  for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

test("SQLite after a sync that failed: nothing is accepted or shown until a restart", async (dir) => {
  const disk = await SlowDisk.make(dir, DATABASE, 0);
  const { server, http, send, env } = await started(dir, disk);
  await using first = server;
  assert.equal((await send("before")).status, 201);
  await disk.setBroken(true);
  assert.equal((await send("during")).status, 503);
  await disk.setBroken(false);
  assert.equal((await send("after")).status, 503, "a later sync would not cover what was lost");
  assert.equal((await http.get("/api/chats")).status, 503);
  assert.equal((await http.get("/readyz")).status, 503);
  assert.match(first.log, /Sync of the database failed/);
  await first.kill("SIGKILL");
  await using second = await ServerProcess.start({ env });
  const again = new HttpClient(second.url, http.token);
  const { status, body } = await again.get("/api/chats");
  assert.equal(status, 200);
  assert.match(body.items[0].lastMessage.text, /^(before|during)$/);
});

test("SQLite after a power failure: has every message that the store returned in any process", async (dir) => {
  const disk = await SlowDisk.make(dir, DATABASE, 2);
  const path = dir.join(DATABASE), chatId = newId();
  await new SqliteStore(path).close();
  const reader = child(dir, disk, "read", path, chatId);
  await reader.lines(1);
  const writer = child(dir, disk, "write", path, chatId);
  const told = [await writer.lines(300), await reader.lines(10)].flat();
  for (const each of [writer, reader]) told.push(...await each.kill());
  const ids = [...new Set(told)].filter((id) => id !== "ready");
  const survivor = dir.join("survivor.sqlite3");
  for (const suffix of ["", "-wal"]) {
    await Deno.copyFile(disk.synced(DATABASE + suffix), survivor + suffix);
  }
  const store = new SqliteStore(survivor);
  const found = new Set((await store.messages.byIds(ids)).map(({ id }) => id));
  await store.close();
  assert.deepEqual(ids.filter((id) => !found.has(id)), []);
  const restarts = disk.syncs().filter((sync) => sync === `other ${DATABASE}`).length;
  assert.ok(restarts > 0, "the log was copied into the file meanwhile");
});

/** A process of fixtures/store_child.ts, with the permissions of a server. */
function child(dir: TempDir, disk: SlowDisk, ...args: string[]) {
  const process = new Deno.Command(Deno.execPath(), {
    args: [...startArguments(dir.path, CHILD), ...args],
    cwd: ROOT,
    env: disk.env,
    stdout: "piped",
  }).spawn();
  const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  /** Returns the complete lines, once there are so many, or the process has ended. */
  async function lines(count: number): Promise<string[]> {
    const complete: string[] = [];
    while (complete.length < count) {
      const { value, done } = await output.read();
      const parts = (rest + (value ?? "")).split("\n");
      rest = parts.pop()!;
      complete.push(...parts);
      if (done) break;
    }
    return complete;
  }
  async function kill(): Promise<string[]> {
    process.kill("SIGKILL");
    const last = await lines(Infinity);
    await process.status;
    return last;
  }
  return { lines, kill };
}
