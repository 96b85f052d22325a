import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { delay } from "../../src/core/delay.ts";
import { S3BlobStore } from "../../src/media/blobs/s3/blob_store.ts";
import { eventually } from "../support/eventually.ts";
import { seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { findVersitygw, s3Environment, startS3 } from "../support/versitygw.ts";

const MIB = 1024 * 1024;
const SIZE = 200 * MIB;
/**
 * Limit for the first upload or download of 200 MiB: the collector waits until there is something
 * to collect.
 */
const MOST_AT_FIRST = 180 * MIB;
/**
 * Limit for the second of two uploads of 200 MiB: it reuses the memory of the first one's garbage.
 * Parts for S3 of 8 MiB each, which its client copies, leave more garbage. On a busy machine the
 * collector comes later (51 MiB were seen on disk); a server that keeps the bytes passes twice the limit.
 */
const MOST_GROWTH = { disk: 75 * MIB, S3: 100 * MIB };
const versitygw = findVersitygw();
const linux = Deno.build.os === "linux";

/** Resident memory as the server reports it: tests may not read /proc. */
async function memoryOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)![1]);
}

/** Returns the highest rise of the process' memory above its start while `work` runs. */
async function growthDuring(url: string, work: () => Promise<void>): Promise<number> {
  const before = await memoryOf(url);
  let peak = before, isOver = false;
  // One request at a time: a busy machine would add up those of an interval.
  const watching = (async () => {
    for (; !isOver; await delay(20)) peak = Math.max(peak, await memoryOf(url).catch(() => 0));
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await watching;
  }
  return Math.max(peak, await memoryOf(url)) - before;
}

/** Returns a form whose file is generated while it is sent. */
function form(size: number, hash?: ReturnType<typeof createHash>): ReadableStream<Uint8Array> {
  const chunk = crypto.getRandomValues(new Uint8Array(64 * 1024));
  const encoder = new TextEncoder();
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n';
  let sent = -1;
  return new ReadableStream({
    pull(controller) {
      if (sent < 0) controller.enqueue(encoder.encode(head));
      else if (sent < size) {
        hash?.update(chunk);
        controller.enqueue(chunk.slice());
      } else {
        controller.enqueue(encoder.encode("\r\n--b--\r\n"));
        return controller.close();
      }
      sent = sent < 0 ? 0 : sent + chunk.length;
    },
  });
}

function post(url: string, token: string, body: ReadableStream<Uint8Array>, signal?: AbortSignal) {
  const headers = {
    "authorization": `Bearer ${token}`,
    "content-type": "multipart/form-data; boundary=b",
  };
  return fetch(`${url}/api/media/upload`, { method: "POST", headers, body, signal });
}

async function withServer(
  extra: Record<string, string>,
  run: (server: ServerProcess, token: string) => Promise<void>,
): Promise<void> {
  await using folder = await TempDir.make("media_memory");
  const dataDir = folder.join("data");
  const { ann } = await seedPeople(testConfig(dataDir), ["ann"]);
  const env = testEnvironment({ ...extra, DATA_DIR: dataDir });
  await using server = await ServerProcess.start({ env });
  await run(server, ann.token);
}

async function uploadAndDownload(
  server: ServerProcess,
  token: string,
  name: keyof typeof MOST_GROWTH,
) {
  // Code that the first use loads (the S3 client) is not part of the measurement.
  assert.equal((await post(server.url, token, form(20 * MIB))).status, 201);
  const atFirst = await growthDuring(server.url, async () => {
    const first = await post(server.url, token, form(SIZE));
    assert.equal(first.status, 201, await first.text());
  });
  let id = "";
  const uploadAgain = async () => {
    const hash = createHash("sha256");
    const answer = await post(server.url, token, form(SIZE, hash));
    const body = await answer.json();
    assert.equal(answer.status, 201, JSON.stringify(body));
    assert.deepEqual([body.size, body.sha256], [SIZE, hash.digest("hex")]);
    id = body.id;
  };
  // The collector may come late on a busy machine; a server that keeps bytes grows each time.
  let up = Infinity;
  for (let tries = 0; tries < 3 && up >= MOST_GROWTH[name]; tries++) {
    up = Math.min(up, await growthDuring(server.url, uploadAgain));
  }
  const down = await growthDuring(server.url, async () => {
    const headers = { authorization: `Bearer ${token}`, range: `bytes=${MIB}-` };
    const answer = await fetch(`${server.url}/api/media/${id}`, { headers });
    assert.equal(answer.status, 206);
    let size = 0;
    for await (const chunk of answer.body!) size += chunk.length;
    assert.equal(size, SIZE - MIB);
  });
  const inMib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  console.log(
    `${name}: memory grew by ${inMib(atFirst)} at a first upload of 200 MiB, by ${
      inMib(up)
    } at a ` +
      `second, and by ${inMib(down)} at a download`,
  );
  assert(atFirst < MOST_AT_FIRST, `the first upload took ${inMib(atFirst)}`);
  assert(up < MOST_GROWTH[name], `uploading took ${inMib(up)}`);
  assert(down < MOST_AT_FIRST, `downloading took ${inMib(down)}`);
}

Deno.test({
  name: "the server's memory stays flat while 200 MiB are uploaded and downloaded (disk)",
  ignore: !linux,
  fn: () => withServer({}, (server, token) => uploadAndDownload(server, token, "disk")),
});

Deno.test({
  name: "the server's memory stays flat while 200 MiB are uploaded and downloaded (S3)",
  ignore: !linux || !versitygw,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const s3 = await startS3(versitygw!);
    try {
      await withServer(
        s3Environment(s3),
        (server, token) => uploadAndDownload(server, token, "S3"),
      );
    } finally {
      await s3.stop();
    }
  },
});

Deno.test({
  name:
    "after kill -9 in the middle of uploads no partial file is visible, and cleanup deletes it (S3)",
  ignore: !versitygw,
  fn: async () => {
    const s3 = await startS3(versitygw!);
    const { S3 } = await import("@aws-sdk/client-s3");
    const bucket = new S3({ ...s3.config, forcePathStyle: true });
    const Bucket = s3.config.bucket;
    const underWay = async () => (await bucket.listMultipartUploads({ Bucket })).Uploads ?? [];
    try {
      await withServer(s3Environment(s3), async (server, token) => {
        const stop = new AbortController();
        const uploads = Array.from(
          { length: 3 },
          () => post(server.url, token, form(50 * SIZE), stop.signal).catch(() => null),
        );
        await eventually("a part of each is in the bucket", async () => {
          const parts = await Promise.all((await underWay()).map(async ({ Key, UploadId }) => {
            const found = await bucket.listParts({ Bucket, Key: Key!, UploadId: UploadId! });
            return found.Parts?.length ?? 0;
          }));
          return parts.length === 3 && parts.every((count) => count > 0);
        });
        await server.kill("SIGKILL");
        stop.abort();
        await Promise.all(uploads);
      });
      assert.equal((await underWay()).length, 3);
      assert.equal((await bucket.listObjectsV2({ Bucket })).KeyCount ?? 0, 0, "nothing is visible");
      const store = new S3BlobStore(s3.config);
      assert.equal(await store.sweep(Date.now() - 3_600_000), 0, "they might still be under way");
      assert.equal(await store.sweep(Date.now() + 60_000), 3);
      assert.deepEqual(await underWay(), []);
      await store.close();
    } finally {
      bucket.destroy();
      await s3.stop();
    }
  },
});

Deno.test("after kill -9 in the middle of uploads no partial file is served, and a resumable upload continues", async () => {
  await using folder = await TempDir.make("media_crash");
  const dataDir = folder.join("data");
  const { ann } = await seedPeople(testConfig(dataDir), ["ann"]);
  const env = testEnvironment({ DATA_DIR: dataDir });
  const authorization = `Bearer ${ann.token}`;
  const tus = { authorization, "tus-resumable": "1.0.0" };
  const type = "application/offset+octet-stream";
  let path: string;
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  {
    await using server = await ServerProcess.start({ env });
    const made = await fetch(`${server.url}/api/media/uploads`, {
      method: "POST",
      headers: { ...tus, "upload-length": String(bytes.length) },
    });
    await made.body?.cancel();
    path = made.headers.get("location")!;
    const headers = { ...tus, "upload-offset": "0", "content-type": type };
    const part = await fetch(server.url + path, {
      method: "PATCH",
      headers,
      body: bytes.slice(0, 20_000),
    });
    await part.body?.cancel();
    assert.equal(part.status, 204);
    const stop = new AbortController();
    const uploads = Array.from(
      { length: 3 },
      () => post(server.url, ann.token, form(50 * SIZE), stop.signal).catch(() => null),
    );
    await eventually(
      "bytes are arriving",
      async () => await sizeOf(`${dataDir}/media/partial`) > 3 * MIB,
    );
    await server.kill("SIGKILL");
    stop.abort();
    await Promise.all(uploads);
  }
  await using server = await ServerProcess.start({ env });
  assert.equal(await sizeOf(`${dataDir}/media/blobs`), 0, "nothing half is visible");
  const state = await fetch(server.url + path, { method: "HEAD", headers: tus });
  assert.equal(state.headers.get("upload-offset"), "20000");
  const headers = { ...tus, "upload-offset": "20000", "content-type": type };
  const rest = { method: "PATCH", headers, body: bytes.slice(20_000) };
  assert.equal((await fetch(server.url + path, rest)).status, 204);
  const id = path.split("/").at(-1);
  const whole = await fetch(`${server.url}/api/media/${id}`, { headers: { authorization } });
  const got = createHash("sha256").update(new Uint8Array(await whole.arrayBuffer())).digest("hex");
  assert.equal(got, createHash("sha256").update(bytes).digest("hex"));
});

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    size += entry.isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return size;
}
