import assert from "node:assert/strict";
import { LEAKY } from "../support/leaky.ts";
import { Random } from "../support/random_bytes.ts";
import { RunningApp } from "../support/running_app.ts";
import { download, upload } from "../support/uploads.ts";
import { findVersitygw, s3Environment, startS3 } from "../support/versitygw.ts";
import { within } from "../support/within.ts";
import { RawHttp } from "./raw_http.ts";

/** Far more than the buffers of a connection take, so that the rest of it waits in the server. */
const MANY_BYTES = 16 * 1024 * 1024;
/** More connections than the SDK of S3 opens by default. */
const HELD = 60;

const versitygw = findVersitygw();

Deno.test({
  ...LEAKY,
  name: "a user whose downloads are never read keeps nobody from the media store",
  ignore: !versitygw,
  async fn() {
    const s3 = await startS3(versitygw!);
    try {
      await using app = await RunningApp.start(s3Environment(s3));
      await holdDownloads(app);
    } finally {
      await s3.stop();
    }
  },
});

async function holdDownloads(app: RunningApp) {
  const { eve, bob } = await app.people("eve", "bob");
  const { body: large } = await upload(app, eve, new Random(1).bytes(MANY_BYTES));
  const { body: small } = await upload(app, bob, new Random(2).bytes(1024));
  const held: RawHttp[] = [];
  try {
    for (let i = 0; i < HELD; i++) {
      const connection = await RawHttp.open(app);
      held.push(connection);
      const headers = `Host: x\r\nAuthorization: Bearer ${eve.token}\r\n`;
      await connection.write(`GET /api/media/${large.id} HTTP/1.1\r\n${headers}\r\n`);
    }
    // The first ones have begun: the server has what it can hold of them.
    for (const connection of held.slice(0, 16)) {
      assert.match(await connection.head(), /^HTTP\/1.1 200/);
    }
    const { status } = await within("Bob's download", download(app, bob, small.id), 30_000);
    assert.equal(status, 200);
  } finally {
    for (const connection of held) connection[Symbol.dispose]();
  }
}
