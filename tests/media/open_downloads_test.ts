import assert from "node:assert/strict";
import type { BlobContent } from "../../src/media/blobs/blob_store.ts";
import { OpenDownloads } from "../../src/media/open_downloads.ts";

Deno.test("OpenDownloads holds no place for a file that is missing or cannot be read", async () => {
  const get = (key: string): Promise<BlobContent | null> => {
    if (key === "gone") return Promise.resolve(null);
    if (key === "broken") return Promise.reject(new Error("no disk"));
    return Promise.resolve({ body: new Response("whole").body! } as BlobContent);
  };
  const limits = { perPerson: 1, total: 1, waiting: 0, waitMs: 0, idleMs: 60_000 };
  const files = new OpenDownloads({ get }, () => {}, { ...limits, abandonedMs: 60_000 }).of("ann");
  for (let i = 0; i < 3; i++) {
    await assert.rejects(files.get("broken"), /no disk/);
    assert.equal(await files.get("gone"), null);
  }
  const file = await files.get("file");
  await assert.rejects(files.get("file"), { code: "rate_limited" });
  assert.equal(await new Response(file!.body).text(), "whole");
  await (await files.get("file"))!.body.cancel();
});
