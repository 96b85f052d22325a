import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Person } from "../support/people.ts";
import { Random } from "../support/random_bytes.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { bytesRequest, upload } from "../support/uploads.ts";
import { s3Environment, sharedS3 } from "../support/versitygw.ts";

const KIB = 1024;
const QUOTA = 1024 * KIB;
const UPLOADS = "/api/media/uploads";

const s3 = sharedS3();

function bytes(size: number) {
  return new Random(size).bytes(size);
}

async function usage(app: RunningApp, person: Person) {
  const { status, body } = await app.client(person).get("/api/media/usage");
  assert.equal(status, 200);
  assert.deepEqual([body.maxBytes, body.maxOpenUploads], [QUOTA, 3]);
  return [body.usedBytes, body.openUploads];
}

function createTus(app: RunningApp, person: Person, size: number) {
  const headers = {
    "tus-resumable": "1.0.0",
    "upload-length": String(size),
    "upload-metadata": `filename ${Buffer.from("a.bin").toString("base64")}`,
  };
  return bytesRequest(app, person, "POST", UPLOADS, { headers });
}

function presign(app: RunningApp, person: Person, size: number) {
  const plan = { name: "a.bin", type: "application/octet-stream", size };
  return app.client(person).post("/api/media/presign", plan);
}

/** A form without a declared length, so that nothing can be counted before it arrives. */
async function uploadChunked(app: RunningApp, person: Person, size: number) {
  const form = new FormData();
  form.append("file", new Blob([bytes(size)]), "a.bin");
  const whole = new Response(form);
  const headers = { "content-type": whole.headers.get("content-type")! };
  return await bytesRequest(app, person, "POST", "/api/media/upload", {
    headers,
    body: whole.body!.pipeThrough(new TransformStream()),
  });
}

function assertFull({ status, body }: { status: number; body: { code: string } }, what: string) {
  assert.deepEqual([status, body.code], [413, "quota_exceeded"], what);
}

const environment = { LIMIT_STORAGE_BYTES: String(QUOTA), LIMIT_OPEN_UPLOADS: "3" };
const loose = { sanitizeOps: false, sanitizeResources: false };

for (const store of testedStores()) {
  Deno.test({
    name: `a user's uploads cannot exceed the quota, however they are uploaded (${store.name})`,
    ignore: store.ignore,
    ...loose,
    async fn() {
      await using app = await RunningApp.start({ ...environment, ...store.environment() });
      const { ann, bob } = await app.people("ann", "bob");
      const { body: first } = await upload(app, ann, bytes(600 * KIB));
      assert.deepEqual(await usage(app, ann), [600 * KIB, 0]);
      assertFull(await upload(app, ann, bytes(500 * KIB)), "a form");
      assertFull(await uploadChunked(app, ann, 500 * KIB), "a form of unknown length");
      assertFull(await createTus(app, ann, 500 * KIB), "a resumable upload");
      assertFull(await presign(app, ann, 500 * KIB), "a direct upload");
      assert.deepEqual(
        await usage(app, ann),
        [600 * KIB, 0],
        "a refused upload leaves nothing behind",
      );
      assert.equal((await uploadChunked(app, ann, 100 * KIB)).status, 201);

      const open = await createTus(app, ann, 300 * KIB);
      assert.deepEqual(await usage(app, ann), [1000 * KIB, 1], "a declared size counts");
      assertFull(await upload(app, ann, bytes(50 * KIB)), "beside an open upload");
      assert.equal(
        (await upload(app, bob, bytes(500 * KIB))).status,
        201,
        "other users are not affected",
      );
      const path = open.headers.get("location")!;
      const headers = { "tus-resumable": "1.0.0" };
      assert.equal((await bytesRequest(app, ann, "DELETE", path, { headers })).status, 204);
      assert.equal((await app.client(ann).delete(`/api/media/${first.id}`)).status, 204);
      assert.deepEqual(await usage(app, ann), [100 * KIB, 0]);
      assert.equal(
        (await upload(app, ann, bytes(500 * KIB))).status,
        201,
        "the freed bytes are available",
      );
    },
  });

  Deno.test({
    name: `the number of a user's open uploads is bounded (${store.name})`,
    ignore: store.ignore,
    ...loose,
    async fn() {
      await using app = await RunningApp.start({ ...environment, ...store.environment() });
      const { ann } = await app.people("ann");
      const created = await Promise.all(Array.from({ length: 6 }, () => createTus(app, ann, 1)));
      assert.equal(created.filter(({ status }) => status === 201).length, 3);
      assertFull(created.find(({ status }) => status !== 201)!, "a fourth");
      assertFull(await presign(app, ann, 1), "a direct upload");
      assert.deepEqual(await usage(app, ann), [3, 3]);
    },
  });
}

Deno.test({
  name: "a direct upload counts from its ticket on, until its URL has expired",
  ignore: s3.missing,
  ...loose,
  async fn() {
    await using app = await RunningApp.start({ ...environment, ...s3Environment(s3.server()) });
    const { ann } = await app.people("ann");
    const { body: ticket } = await presign(app, ann, 600 * KIB);
    assert.equal(ticket.protocol, "s3");
    assertFull(await presign(app, ann, 500 * KIB), "a second ticket");
    const put = (body: BodyInit) =>
      fetch(ticket.url, { method: "PUT", headers: ticket.headers, body });
    assert.equal((await put(bytes(600 * KIB))).status, 200);
    const done = await app.client(ann).post(`/api/media/${ticket.mediaId}/complete`);
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.equal((await app.client(ann).delete(`/api/media/${ticket.mediaId}`)).status, 204);
    // The URL can be used again: the size that it may write is not free yet.
    assert.deepEqual(await usage(app, ann), [600 * KIB, 0]);
  },
});
