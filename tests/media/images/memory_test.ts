import assert from "node:assert/strict";
import { imageMemoryBytes, processMemoryBytes } from "../../../src/media/images/memory.ts";
import { blackPng, flag } from "../../support/pictures.ts";
import { ServerProcess } from "../../support/server_process.ts";
import { upload } from "../../support/uploads.ts";

const MIB = 1024 ** 2;

/** Returns the peak memory of a process so far, in bytes. */
function peakMemory(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024;
}

async function register(url: string): Promise<{ token: string }> {
  const body = { username: "painter", email: "p@example.com", password: "a long enough one" };
  const response = await fetch(`${url}/api/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { token: (await response.json()).accessToken };
}

Deno.test({
  name: "a server of 512 MB survives small files of 47 megapixels within its memory",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const env = { MEMORY_BYTES: String(512 * MIB), BCRYPT_COST: "4", BROKER: "local" };
    await using server = await ServerProcess.start({ env });
    const painter = await register(server.url);
    const fixture = new URL("../../support/fixtures/47_megapixels.webp", import.meta.url);
    const pictures = {
      // Flat, lossless, 2 KB: decoding and encoding it takes 22 bytes per pixel.
      "large.webp": await Deno.readFile(fixture),
      "large.png": blackPng(7000, 6700),
    };
    for (const [name, bytes] of Object.entries(pictures)) {
      const { status, body } = await upload(server, painter, bytes, { name });
      assert.deepEqual(
        [status, body.kind, body.width, body.height, body.hasThumbnail],
        [201, "image", 7000, 6700, name === "large.png"],
      );
    }
    const peak = Math.round(peakMemory(server.pid) / MIB);
    assert(peak < 512, `${peak} MiB`);
    const { status, body } = await upload(server, painter, await flag(64, 64, ".png"));
    assert.deepEqual([status, body.hasThumbnail], [201, true], "and the next image is accepted");
  },
});

Deno.test("imageMemoryBytes depends on the memory that the process may use", () => {
  const onDeploy = processMemoryBytes({ memoryBytes: null, onDenoDeploy: true });
  assert(onDeploy <= 512 * MIB);
  assert.equal(processMemoryBytes({ memoryBytes: 700 * MIB, onDenoDeploy: true }), 700 * MIB);
  const here = processMemoryBytes({ memoryBytes: null, onDenoDeploy: false });
  assert(here > 0 && here <= Deno.systemMemoryInfo().total);
  assert.equal(imageMemoryBytes(512 * MIB), 160 * MIB);
  assert.equal(imageMemoryBytes(512 * MIB, 2), 80 * MIB);
  assert.equal(imageMemoryBytes(64 * MIB), 48 * MIB);
  assert.equal(imageMemoryBytes(1e12), 1_900 * MIB);
});
