import assert from "node:assert/strict";
import { memoryKeyStore } from "../../src/client/mod.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

/** Three chunks and a part of one. */
const SIZE = 2_000_000;

Deno.test("an upload reports its progress, and its URL works without a header and is renewed", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  await using anns = await clientOf(app.url, ann);
  const { files } = anns.client;
  const file = fileOf(SIZE);
  const seen: [number, number][] = [];
  const media = await files.upload(file, { onProgress: (...at) => seen.push(at) });
  assert.deepEqual([media.name, media.size], ["notes.txt", SIZE]);
  assert.ok(seen.length >= 3);
  assert.deepEqual(seen.at(-1), [SIZE, SIZE]);
  assert.ok(seen.every(([sent], i) => i === 0 || sent > seen[i - 1][0]));
  assert.deepEqual(await files.download(media.id), new Uint8Array(await file.arrayBuffer()));
  const url = await files.url(media.id);
  assert.ok(url.startsWith(`${app.url}/api/media/${media.id}?`));
  const response = await fetch(url);
  assert.equal((await response.arrayBuffer()).byteLength, SIZE);
  assert.equal(await files.url(media.id), url, "the same, so that a browser has it already");
  const view = files.watchUrl(media.id);
  assert.equal(view.getSnapshot(), url);
  assert.equal((await files.upload(fileOf(0))).size, 0);
});

Deno.test("an upload continues at its offset after its connection broke, and sends nothing twice", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  let sentBytes = 0;
  let broken = 0;
  await using anns = await clientOf(app.url, ann, {
    fetch: async (url, init) => {
      if (init?.method !== "PATCH") return await fetch(url, init);
      if (++broken === 2) throw new TypeError("the network is gone");
      const response = await fetch(url, init);
      sentBytes += init.body.size;
      // The chunk has arrived, and its response is lost.
      if (broken === 3) throw new TypeError("the network is gone");
      return response;
    },
  });
  const media = await anns.client.files.upload(fileOf(SIZE));
  assert.equal(media.size, SIZE);
  assert.equal(sentBytes, SIZE);
});

/** The first program ends amid its upload, which a client in the test's own program cannot do. */
const ENDS_AMID = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "an upload continues after a restart of the program, if the storage lasts",
  ENDS_AMID,
  async () => {
    await using app = await RunningApp.start();
    const { ann } = await app.people("ann");
    const storage = memoryKeyStore();
    const file = fileOf(SIZE);
    {
      let patches = 0;
      await using first = await clientOf(app.url, ann, {
        storage,
        fetch: (url, init) => {
          if (init?.method === "PATCH" && ++patches > 1) return new Promise(() => {});
          return fetch(url, init);
        },
      });
      const begun = Promise.withResolvers<void>();
      void first.client.files.upload(file, { onProgress: () => begun.resolve() });
      await begun.promise;
    }
    let sentBytes = 0;
    await using again = await clientOf(app.url, ann, {
      storage,
      fetch: (url, init) => {
        if (init?.method === "PATCH") sentBytes += init.body.size;
        return fetch(url, init);
      },
    });
    const media = await again.client.files.upload(file);
    assert.equal(media.size, SIZE);
    assert.ok(sentBytes < SIZE, `${sentBytes} bytes were sent again`);
    assert.deepEqual(await storage.names("upload/"), []);
  },
);

Deno.test("an aborted or refused upload leaves nothing behind", async () => {
  await using app = await RunningApp.start({ LIMIT_FILE_BYTES: "3000000" });
  const { ann } = await app.people("ann");
  const storage = memoryKeyStore();
  await using anns = await clientOf(app.url, ann, { storage });
  const { files } = anns.client;
  const abort = new AbortController();
  const upload = files.upload(fileOf(SIZE), {
    signal: abort.signal,
    onProgress: () => abort.abort(),
  });
  await assert.rejects(upload, { name: "AbortError" });
  await assert.rejects(files.upload(fileOf(3_000_001)), { code: "payload_too_large" });
  assert.equal((await anns.client.call("media.usage", {})).openUploads, 0);
  assert.deepEqual(await storage.names("upload/"), []);
});

function fileOf(size: number): File {
  return new File(["x".repeat(size)], "notes.txt", { type: "text/plain", lastModified: 1 });
}

Deno.test("the URL of a file is replaced before the first has expired", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  await using anns = await clientOf(app.url, ann);
  const { files } = anns.client;
  const { id } = await files.upload(fileOf(10));
  const first = await files.url(id);
  const { now } = Date;
  // Links live for at least 15 minutes.
  Date.now = () => now() + 11 * 60_000;
  try {
    const second = await files.url(id);
    assert.notEqual(second, first);
    assert.equal(files.watchUrl(id).getSnapshot(), second);
  } finally {
    Date.now = now;
  }
});
