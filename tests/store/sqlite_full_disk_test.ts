import assert from "node:assert/strict";
import { AppError } from "../../src/core/errors.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aUser } from "../contract/store/rows.ts";
import { TempDir } from "../support/temp_dir.ts";

const DISK_BYTES = 8 * 1024 * 1024;

/** A separate disk, which only root may mount: elsewhere the test is skipped. */
async function mount(path: string): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const args = ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", path];
  const { success } = await new Deno.Command("mount", { args, stderr: "null" }).output();
  return success;
}

async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const zeros = new Uint8Array(4_096);
  try {
    while (await file.write(zeros) === zeros.length);
  } catch {
    // Full.
  }
}

Deno.test("SqliteStore.ping is unavailable on a full disk, and works again when there is room", async () => {
  await using dir = await TempDir.make("full_disk");
  if (!await mount(dir.path)) return;
  try {
    const store = new SqliteStore(dir.join("chat.sqlite3"), { probeMs: 0 });
    await store.users.create(aUser());
    await store.ping();
    await fill(dir.join("filler"));
    await assert.rejects(store.ping(), (error) => {
      return error instanceof AppError && error.code === "unavailable";
    });
    await Deno.remove(dir.join("filler"));
    await store.ping();
    await store.close();
  } finally {
    await new Deno.Command("umount", { args: [dir.path] }).output();
  }
});
