import assert from "node:assert/strict";
import { blobProbe } from "../../../src/media/blobs/probe.ts";
import { freePort } from "../../support/free_port.ts";
import { RunningApp } from "../../support/running_app.ts";
import { findVersitygw, s3Environment, startS3 } from "../../support/versitygw.ts";

const versitygw = findVersitygw();
// The client of S3 keeps its connections for a while.
const loose = { sanitizeOps: false, sanitizeResources: false };

async function readiness(environment: Record<string, string>): Promise<unknown> {
  await using app = await RunningApp.start(environment);
  const { status, body } = await app.client().get("/readyz");
  return [status, body.status, body.checks];
}

Deno.test("/readyz is ready with uploads on the disk", async () => {
  const checks = { store: "ok", broker: "ok", blobs: "ok" };
  assert.deepEqual(await readiness({}), [200, "ready", checks]);
});

Deno.test({
  name: "/readyz is degraded without the bucket, with wrong keys and without a server",
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

Deno.test("the probe of blobs keeps a good answer, and asks again after a bad one", async () => {
  let [calls, now, works] = [0, 0, false];
  const get = () => {
    calls++;
    return works ? Promise.resolve(null) : Promise.reject(new Error("away"));
  };
  const probe = blobProbe({ get }, () => now);
  await assert.rejects(Promise.all([probe(), probe()]), /away/);
  assert.equal(calls, 1, "calls share what is under way");
  works = true;
  await probe();
  await probe();
  assert.equal(calls, 2);
  now += 30_000;
  await probe();
  assert.equal(calls, 3);
});
