import assert from "node:assert/strict";
import { DiskBlobStore } from "../../../src/media/blobs/disk/blob_store.ts";
import { blobStoreContract } from "../../contract/blob_store.ts";
import { eventually } from "../../support/eventually.ts";
import { bodyOf, bytesOf } from "../../support/random_bytes.ts";

async function withRoot(run: (root: string) => Promise<void>) {
  const root = await Deno.makeTempDir({ prefix: "blobs-" });
  try {
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("DiskBlobStore fulfills the contract", (t) =>
  withRoot(async (root) => {
    const reopen = () => new DiskBlobStore(root);
    await blobStoreContract({ store: reopen(), partSize: 100_000, reopen }, t);
  }));

Deno.test("DiskBlobStore sweeps the file that a process killed during a put leaves behind", () =>
  withRoot(async (root) => {
    const store = new URL("../../../src/media/blobs/disk/blob_store.ts", import.meta.url).href;
    const program = `
      const { DiskBlobStore } = await import(${JSON.stringify(store)});
      const body = new ReadableStream({ async pull(controller) {
        controller.enqueue(new Uint8Array(100_000));
        await new Promise((resolve) => setTimeout(resolve, 1));
      } });
      new DiskBlobStore(${JSON.stringify(root)}).put("killed", body, { contentType: "a/b" });`;
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", `--config=${config}`, program],
    }).spawn();
    const store2 = new DiskBlobStore(root);
    const partial = `${root}/partial`;
    await eventually("the put is in progress", async () => await largestIn(partial) >= 1_000_000);
    child.kill("SIGKILL");
    await child.status;
    assert.equal(await store2.head("killed"), null);
    assert.equal(await store2.sweep(Date.now() + 60_000), 1);
    assert.equal(await largestIn(partial), 0);
    await store2.put("killed", bodyOf(new Uint8Array([1])), { contentType: "a/b" });
    assert.deepEqual(await bytesOf((await store2.get("killed"))!.body), new Uint8Array([1]));
  }));

Deno.test("DiskBlobStore has no presigned URLs", () =>
  withRoot(async (root) => {
    const store = new DiskBlobStore(root);
    assert.equal(await store.presignPut(), null);
    assert.equal(await store.presignGet(), null);
  }));

Deno.test("DiskBlobStore keeps a key and a longer key below it separate", () =>
  withRoot(async (root) => {
    const store = new DiskBlobStore(root);
    await store.put("a/b", bodyOf(new Uint8Array([1])), { contentType: "a/b" });
    await store.put("a", bodyOf(new Uint8Array([2])), { contentType: "a/b" });
    assert.deepEqual(await bytesOf((await store.get("a/b"))!.body), new Uint8Array([1]));
    assert.deepEqual(await bytesOf((await store.get("a"))!.body), new Uint8Array([2]));
  }));

async function largestIn(directory: string): Promise<number> {
  let largest = 0;
  for await (const { name } of Deno.readDir(directory)) {
    largest = Math.max(largest, (await Deno.stat(`${directory}/${name}`)).size);
  }
  return largest;
}
