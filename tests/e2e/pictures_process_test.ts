import assert from "node:assert/strict";
import { HttpClient } from "../support/http_client.ts";
import { flag, moving } from "../support/pictures.ts";
import { ServerProcess } from "../support/server_process.ts";
import { download, upload } from "../support/uploads.ts";

Deno.test("the real program accepts pictures of every format with its permissions", async () => {
  await using server = await ServerProcess.start();
  const account = { username: "ann", email: "ann@example.org", password: "correct horse battery" };
  const { body } = await new HttpClient(server.url).post("/api/auth/register", account);
  const ann = { token: body.accessToken };
  const pictures = {
    "image/jpeg": await flag(64, 48, ".jpg"),
    "image/png": await flag(64, 48, ".png"),
    "image/avif": await flag(64, 48, ".avif"),
    "image/gif": await moving(32, 3, ".gif"),
    "image/webp": await moving(32, 3, ".webp"),
  };
  for (const [type, bytes] of Object.entries(pictures)) {
    const { status, body: media } = await upload(server, ann, bytes);
    assert.deepEqual([status, media.type, media.hasThumbnail], [201, type, true], server.log);
    const thumbnail = await download(server, ann, media.id, {}, "?thumbnail");
    assert.equal(thumbnail.headers.get("content-type"), "image/webp");
  }
});
