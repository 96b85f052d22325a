import assert from "node:assert/strict";
import { AppError } from "../../src/core/errors.ts";
import type { BlobContent } from "../../src/media/blobs/blob_store.ts";
import { type DownloadLimits, OpenDownloads } from "../../src/media/open_downloads.ts";
import { within } from "../support/within.ts";

const LIMITS: DownloadLimits = {
  perPerson: 2,
  total: 3,
  waiting: 1,
  waitMs: 60_000,
  idleMs: 60_000,
  abandonedMs: 120_000,
};

/** Files of two bytes, one byte a read; `closed` counts those that were let go. */
function files(limits: Partial<DownloadLimits> = {}) {
  const counts = { opened: 0, closed: 0 };
  const get = (key: string): Promise<BlobContent | null> => {
    if (key === "gone") return Promise.resolve(null);
    if (key === "broken") return Promise.reject(new Error("no disk"));
    counts.opened++;
    let left = 2;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) return controller.enqueue(new Uint8Array(1));
        counts.closed++;
        controller.close();
      },
      cancel: () => void counts.closed++,
    }, { highWaterMark: 0 });
    return Promise.resolve({ body } as BlobContent);
  };
  const downloads = new OpenDownloads({ get }, { ...LIMITS, ...limits });
  const open = async (userId: string, key = "file") => (await downloads.of(userId).get(key))!.body;
  return { open, counts };
}

async function isRefused(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "rate_limited");
    assert.ok(error.retryAfter! > 0);
    return true;
  });
}

const lengthOf = async (body: ReadableStream<Uint8Array>) =>
  (await new Response(body).arrayBuffer()).byteLength;

Deno.test("OpenDownloads makes a person's next download wait until one has ended", async () => {
  const { open, counts } = files();
  const [first] = [await open("ann"), await open("ann")];
  const third = open("ann");
  await isRefused(open("ann"));
  assert.equal(await lengthOf(await open("bob")), 2, "others do not wait");
  assert.equal(counts.opened, 3);
  assert.equal(await lengthOf(first), 2);
  assert.equal(await lengthOf(await within("the third begins", third)), 2);
});

Deno.test("OpenDownloads gives the place of a canceled download to the next one", async () => {
  const { open, counts } = files();
  const [first] = [await open("ann"), await open("ann")];
  const third = open("ann");
  await first.cancel();
  assert.equal(counts.closed, 1);
  await within("the third begins", third);
});

Deno.test("OpenDownloads cuts the download that was not read for longest", async () => {
  const { open, counts } = files({ idleMs: 0 });
  const first = await open("ann");
  const second = (await open("ann")).getReader();
  await second.read();
  await open("ann");
  assert.equal(counts.closed, 1, "its file is closed");
  await assert.rejects(lengthOf(first), /was cut/);
  assert.equal((await second.read()).done, false, "the other goes on");
});

Deno.test("OpenDownloads cuts unread downloads before others wait for the total", async () => {
  const { open } = files({ perPerson: 3, idleMs: 0 });
  const idle = await open("ann");
  await open("ann");
  await open("ann");
  assert.equal(await lengthOf(await within("Bob's begins", open("bob"))), 2);
  await assert.rejects(lengthOf(idle), /was cut/);
});

Deno.test("OpenDownloads cuts abandoned downloads with the next one, also where there is room", async () => {
  const { open, counts } = files({ abandonedMs: 0 });
  const first = await open("ann");
  await open("bob");
  assert.equal(counts.closed, 1);
  await assert.rejects(lengthOf(first), /was cut/);
});

Deno.test("OpenDownloads never counts a download as idle while the client waits for bytes", async () => {
  const { promise: pulled, resolve } = Promise.withResolvers<void>();
  const stuck = new ReadableStream<Uint8Array>({
    pull() {
      resolve();
      return new Promise(() => {});
    },
  }, { highWaterMark: 0 });
  const downloads = new OpenDownloads(
    { get: () => Promise.resolve({ body: stuck } as BlobContent) },
    { ...LIMITS, perPerson: 1, idleMs: 1, abandonedMs: 1, waitMs: 50 },
  );
  const content = await downloads.of("ann").get("file");
  const read = content!.body.getReader().read().then(() => "ended", () => "cut");
  await pulled;
  await isRefused(downloads.of("ann").get("file"));
  assert.equal(await Promise.race([read, Promise.resolve("open")]), "open");
});

Deno.test("OpenDownloads refuses after the time to wait", async () => {
  const { open } = files({ waitMs: 0 });
  await open("ann");
  await open("ann");
  await isRefused(open("ann"));
});

Deno.test("OpenDownloads holds no place for a file that cannot be read", async () => {
  const { open } = files({ waitMs: 0 });
  for (let i = 0; i < 5; i++) {
    await assert.rejects(open("ann", "broken"), /no disk/);
    await assert.rejects(open("ann", "gone"), TypeError);
  }
  assert.equal(await lengthOf(await open("ann")), 2);
});
