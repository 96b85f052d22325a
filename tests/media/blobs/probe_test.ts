import assert from "node:assert/strict";
import type { BlobContent, BlobInfo } from "../../../src/media/blobs/blob_store.ts";
import { blobProbe } from "../../../src/media/blobs/probe.ts";
import { freePort } from "../../support/free_port.ts";
import { RunningApp } from "../../support/running_app.ts";
import { findVersitygw, s3Environment, startS3 } from "../../support/versitygw.ts";

const versitygw = findVersitygw();
// The S3 client keeps its connections open for a while.
const loose = { sanitizeOps: false, sanitizeResources: false };

async function readiness(environment: Record<string, string>): Promise<unknown> {
  await using app = await RunningApp.start(environment);
  const { status, body } = await app.client().get("/readyz");
  return [status, body.status, body.checks];
}

Deno.test("/readyz returns ready with uploads on the disk", async () => {
  const checks = { store: "ok", broker: "ok", blobs: "ok" };
  assert.deepEqual(await readiness({}), [200, "ready", checks]);
});

Deno.test({
  name: "/readyz returns degraded without the bucket, with wrong keys and without a server",
  ...loose,
  ignore: !versitygw,
  async fn() {
    const s3 = await startS3(versitygw!);
    try {
      const environment = s3Environment(s3);
      const state = { store: "ok", broker: "ok" };
      assert.deepEqual(await readiness(environment), [200, "ready", { ...state, blobs: "ok" }]);
      const faults: Record<string, string>[] = [
        { AWS_BUCKET_NAME: "no-such-bucket" },
        { AWS_SECRET_ACCESS_KEY: "not the secret key" },
        { AWS_ENDPOINT_URL: `http://127.0.0.1:${freePort()}` },
      ];
      for (const wrong of faults) {
        const found = await readiness({ ...environment, ...wrong });
        assert.deepEqual(
          found,
          [200, "degraded", { ...state, blobs: "failing" }],
          JSON.stringify(wrong),
        );
      }
    } finally {
      await s3.stop();
    }
  },
});

Deno.test("/readyz returns degraded when uploads cannot be written any more", async () => {
  await using app = await RunningApp.start();
  const partial = `${app.config.dataDir}/media/partial`;
  // A file in place of the folder stops root as well.
  await Deno.remove(partial, { recursive: true });
  await Deno.writeTextFile(partial, "");
  const { status, body } = await app.client().get("/readyz");
  assert.deepEqual([status, body.status, body.checks.blobs], [200, "degraded", "failing"]);
});

Deno.test({
  name: "/readyz returns degraded when the bucket is readable but not writable",
  ...loose,
  ignore: !versitygw,
  async fn() {
    const s3 = await startS3(versitygw!);
    try {
      await s3.denyWrites();
      assert.deepEqual(await readiness(s3Environment(s3)), [200, "degraded", {
        store: "ok",
        broker: "ok",
        blobs: "failing",
      }]);
    } finally {
      await s3.stop();
    }
  },
});

Deno.test("blobProbe writes once a minute, reads every ten seconds, and tries again five seconds after a failure", async () => {
  let [writes, reads, now, works] = [0, 0, 0, false];
  const put = () => {
    writes++;
    return works ? Promise.resolve({} as BlobInfo) : Promise.reject(new Error("away"));
  };
  const get = () => {
    reads++;
    return works
      ? Promise.resolve({ body: new Blob([]).stream() } as BlobContent)
      : Promise.reject(new Error("gone"));
  };
  const probe = blobProbe({ put, get }, () => now);
  await assert.rejects(Promise.all([probe(), probe()]), /away/);
  await assert.rejects(probe(), /away/);
  assert.equal(writes, 1, "concurrent calls share one check and its result");
  works = true;
  now += 5_000;
  await probe();
  for (let i = 0; i < 59; i++) {
    now += 1_000;
    await probe();
  }
  assert.deepEqual([writes, reads], [2, 6]);
  now += 1_000;
  await probe();
  assert.deepEqual([writes, reads], [3, 7]);
  works = false;
  now += 10_000;
  await assert.rejects(probe(), /gone/, "a store that goes away shows within ten seconds");
});

Deno.test("blobProbe rejects when it cannot read the object it wrote", async () => {
  const put = () => Promise.resolve({} as BlobInfo);
  await assert.rejects(
    blobProbe({ put, get: () => Promise.resolve(null) })(),
    /Cannot read the object/,
  );
});
