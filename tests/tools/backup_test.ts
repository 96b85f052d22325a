import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { backUp } from "../../src/tools/backup.ts";
import { compact } from "../../src/tools/compact.ts";
import { restore } from "../../src/tools/restore.ts";
import { createApp } from "../../src/app.ts";
import { silentLog } from "../../src/core/log.ts";
import { RunningApp } from "../support/running_app.ts";
import { inheritedEnvironment } from "../support/server_process.ts";
import { storedValues } from "../support/stored_values.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig } from "../support/test_config.ts";
import { download, upload } from "../support/uploads.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Starts a server with some messages, each with a file. */
async function anApp(messages = 5) {
  const app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const client = app.client(ann);
  const chat = (await client.post("/api/chats", { userId: bob.id })).body;
  const send = async (text: string, file?: string) => {
    const mediaIds = file === undefined ? undefined : [await uploaded(file)];
    const { status } = await client.post("/api/messages", { chatId: chat.id, text, mediaIds });
    assert.equal(status, 201);
    return mediaIds?.[0];
  };
  const uploaded = async (content: string) =>
    (await upload(app, ann, content, { name: "a.txt" })).body.id as string;
  for (let i = 0; i < messages; i++) await send(`message ${i}`, `content ${i}`);
  return { app, ann, chat, send, dataDir: app.config.dataDir };
}

/**
 * Rows of the database itself, of the server's current work, and those that a server writes every ten
 * seconds.
 */
const CHANGING = /^(meta|leases|outbox|unindexed|statistics|active_people)\./;

/** Returns all other rows, in a comparable form. */
async function rowsOf(dataDir: string): Promise<string[]> {
  const values = await storedValues(testConfig(dataDir));
  return values.filter(({ place }) => !CHANGING.test(place))
    .map(({ place, text }) => `${place}=${text}`).sort();
}

async function incarnationOf(dataDir: string): Promise<string> {
  const store = new SqliteStore(join(dataDir, "chat.sqlite3"));
  const incarnation = await store.incarnation();
  await store.close();
  return incarnation;
}

Deno.test("a restored backup has every row and file, and a new incarnation", async () => {
  await using folder = await TempDir.make("backup");
  const { app, ann, chat, send, dataDir } = await anApp();
  await using _app = app;
  const mediaId = (await send("the last one", "its content"))!;
  await backUp({ dataDir, to: folder.join("backup") });
  const before = await rowsOf(folder.join("backup"));
  assert.deepEqual(before, await rowsOf(dataDir));
  await send("after the backup", "not in it");
  await restore({ from: folder.join("backup"), dataDir: folder.join("data") });
  assert.deepEqual(await rowsOf(folder.join("data")), before);
  assert.notEqual(await incarnationOf(folder.join("data")), await incarnationOf(dataDir));
  const config = testConfig(folder.join("data"));
  const restored = await createApp(config, silentLog);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, restored.fetch);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const { status, body } = await download({ url }, ann, mediaId);
  assert.deepEqual([status, new TextDecoder().decode(body)], [200, "its content"]);
  await restored.drain(() => server.shutdown());
  assert.ok(chat.id);
});

Deno.test("with uploads in a bucket a backup has the database, and none of the uploads", async () => {
  await using folder = await TempDir.make("backup");
  const { app, dataDir } = await anApp();
  await using _app = app;
  await Deno.rename(join(dataDir, "media"), folder.join("bucket"));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "src/tools/main.ts", "backup", folder.join("backup")],
    cwd: ROOT,
    env: { ...inheritedEnvironment(), DATA_DIR: dataDir, AWS_BUCKET_NAME: "uploads" },
    clearEnv: true,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  assert.match(new TextDecoder().decode(stdout), /uploads are in the bucket, and not part of it/);
  await restore({ from: folder.join("backup"), dataDir: folder.join("data") });
  assert.deepEqual(await rowsOf(folder.join("data")), await rowsOf(dataDir));
  await assert.rejects(Deno.stat(folder.join("data", "media")), Deno.errors.NotFound);
});

Deno.test("a backup is not restored beside the log of another database", async () => {
  await using folder = await TempDir.make("backup");
  const { app, dataDir } = await anApp();
  await using _app = app;
  await backUp({ dataDir, to: folder.join("backup") });
  await Deno.mkdir(folder.join("data"));
  // A killed server left it, and its database was moved away.
  await Deno.copyFile(join(dataDir, "chat.sqlite3-wal"), folder.join("data/chat.sqlite3-wal"));
  const restored = () => restore({ from: folder.join("backup"), dataDir: folder.join("data") });
  await assert.rejects(
    restored(),
    /there is a chat\.sqlite3-wal in it\. Move it to the chat\.sqlite3/,
  );
  await Deno.remove(folder.join("data/chat.sqlite3-wal"));
  await restored();
  assert.deepEqual(await rowsOf(folder.join("data")), await rowsOf(folder.join("backup")));
});

Deno.test("a backup during writes of messages and files is consistent", async () => {
  await using folder = await TempDir.make("backup");
  const { app, send, dataDir } = await anApp();
  await using _app = app;
  let isOver = false, sent = 0;
  const sending = (async () => {
    for (; !isOver; sent++) await send(`on the way ${sent}`, `content ${sent}`);
  })();
  for (let i = 0; i < 3; i++) await backUp({ dataDir, to: folder.join(`backup${i}`) });
  isOver = true;
  await sending;
  assert.ok(sent > 0);
  for (let i = 0; i < 3; i++) {
    await restore({ from: folder.join(`backup${i}`), dataDir: folder.join(`data${i}`) });
    const rows = await rowsOf(folder.join(`data${i}`));
    const carried = rows.filter((row) => row.startsWith("message_media.mediaId=")).length;
    const files = [...Deno.readDirSync(folder.join(`data${i}`, "media", "blobs"))].flatMap((
      fan,
    ) => [
      ...Deno.readDirSync(folder.join(`data${i}`, "media", "blobs", fan.name)),
    ]);
    const uploads = rows.filter((row) => row === "media.status=ready").length;
    assert.equal(files.length, uploads, "a file for each upload, and none beside");
    assert.ok(carried >= 5 && carried <= uploads);
  }
});

/** Runs the program, and kills it as soon as `isTime`; it may have ended before. */
async function killed(
  command: string,
  args: string[],
  dataDir: string,
  isTime: () => boolean,
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", "src/tools/main.ts", command, ...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...inheritedEnvironment(), DATA_DIR: dataDir },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let hasEnded = false;
  const watching = (async () => {
    while (!hasEnded && !isTime()) await new Promise((resolve) => setTimeout(resolve, 1));
    if (!hasEnded) child.kill("SIGKILL");
  })();
  const { success, stderr } = await child.output();
  hasEnded = true;
  await watching;
  return { success, said: new TextDecoder().decode(stderr) };
}

/** Enough for a kill to come while some of their files are copied, and others are not. */
const MESSAGES = 40;

/** True once there are as many files below the folder. */
const holds = (folder: string, files: number) => () => countFiles(folder) >= files;

function countFiles(folder: string): number {
  try {
    const entries = [...Deno.readDirSync(folder)];
    const counts = entries.map(({ name, isDirectory }) =>
      isDirectory ? countFiles(join(folder, name)) : 1
    );
    return counts.reduce((sum, count) => sum + count, 0);
  } catch (error) {
    // Not there yet, or moved meanwhile.
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

Deno.test("a killed backup leaves no backup, and the next one succeeds", async () => {
  await using folder = await TempDir.make("backup");
  const { app, dataDir } = await anApp(MESSAGES);
  await using _app = app;
  const to = folder.join("backup"), draft = `${to}.partial`;
  let interrupted = 0;
  const moments = [
    ...[1, 5, 15, 30, MESSAGES].map((files) => holds(draft, files)),
    () => countFiles(join(draft, "media")) < countFiles(draft),
    () => existsSync(join(draft, "SHA256SUMS")),
    () => existsSync(to),
  ];
  for (const [i, isTime] of moments.entries()) {
    const { success } = await killed("backup", [to], dataDir, isTime);
    const isThere = existsSync(to);
    if (success) assert.ok(isThere);
    if (existsSync(draft)) interrupted++;
    // A file under the final name is complete.
    if (isThere) {
      await restore({ from: to, dataDir: folder.join(`data${i}`) });
      await Deno.remove(to, { recursive: true });
    }
  }
  assert.ok(interrupted > 0, "a backup was interrupted");
  const { success, said } = await killed("backup", [to], dataDir, () => false);
  assert.ok(success, said);
  await restore({ from: folder.join("backup"), dataDir: folder.join("data") });
  assert.deepEqual(await rowsOf(folder.join("data")), await rowsOf(dataDir));
});

Deno.test("the server refuses to start after a killed restore until a restore completes", async () => {
  await using folder = await TempDir.make("backup");
  const { app, dataDir } = await anApp(MESSAGES);
  await using _app = app;
  const from = folder.join("backup");
  await backUp({ dataDir, to: from });
  let interrupted = 0;
  const moments: ((target: string, draft: string) => boolean)[] = [
    ...[1, 5, 15, 30, MESSAGES].map((files) => (_: string, draft: string) => holds(draft, files)()),
    (target) => existsSync(join(target, "media")),
    (target) => existsSync(join(target, "chat.sqlite3")),
  ];
  for (const [i, isTime] of moments.entries()) {
    const target = folder.join(`data${i}`), draft = join(target, "restore.partial");
    await killed("restore", [from], target, () => isTime(target, draft));
    const isBegun = existsSync(draft);
    if (isBegun) {
      interrupted++;
      const starting = createApp(testConfig(target), silentLog);
      await assert.rejects(starting, /interrupted: run "deno task restore" again/);
    }
    const isDone = !isBegun &&
      await Deno.stat(join(target, "chat.sqlite3")).then(() => true, () => false);
    if (!isDone) await restore({ from, dataDir: target });
    assert.deepEqual(await rowsOf(target), await rowsOf(dataDir));
  }
  assert.ok(interrupted > 0, "a restore was interrupted");
});

Deno.test("a restore rejects a damaged or incomplete backup, and a folder in use", async () => {
  await using folder = await TempDir.make("backup");
  const { app, dataDir } = await anApp();
  await using _app = app;
  const from = folder.join("backup");
  await backUp({ dataDir, to: from });
  await assert.rejects(backUp({ dataDir, to: from }), /exists already/);
  await assert.rejects(backUp({ dataDir: folder.join("nothing"), to: "x" }), /no chat\.sqlite3/);
  await assert.rejects(restore({ from, dataDir }), /there is a chat\.sqlite3 in it/);
  const file = await Deno.open(join(from, "chat.sqlite3"), { write: true, append: true });
  await file.write(new Uint8Array(1));
  file.close();
  await assert.rejects(restore({ from, dataDir: folder.join("data") }), /is damaged/);
  await Deno.remove(join(from, "SHA256SUMS"));
  await assert.rejects(restore({ from, dataDir: folder.join("data") }), /not a complete backup/);
});

Deno.test("compacting keeps every row, and counts rows that are only in the write-ahead log", async () => {
  const { app, dataDir, send } = await anApp();
  await using _app = app;
  const before = await rowsOf(dataDir);
  const size = await compact(dataDir);
  assert.ok(size.after > 4096 && size.after <= size.before, JSON.stringify(size));
  assert.deepEqual(await rowsOf(dataDir), before);
  await send("the server goes on");
});

Deno.test("git ignores what an operator's command writes into the program's folder", async () => {
  const isIgnored = async (path: string) => {
    const { code } = await new Deno.Command("git", {
      args: ["check-ignore", "--quiet", "--no-index", path],
      cwd: ROOT,
    }).output();
    return code !== 1;
  };
  const name = "backup-2026-11-30T16-04-15-477Z";
  for (const path of ["data", name, `${name}.partial`]) {
    assert.ok(await isIgnored(`${path}/chat.sqlite3`), path);
  }
  assert.ok(await isIgnored(".env"));
  assert.equal(await isIgnored("src/tools/backup.ts"), false);
});
