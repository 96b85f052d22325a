import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Upload } from "tus-js-client";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, download, upload } from "../support/uploads.ts";

const mongodb = sharedMongodb();
const MISSING = /Bytes of a file are missing.*AWS_BUCKET_NAME/;

Deno.test({
  name: "instances with separate disks say so, and an upload goes on at the other from its start",
  ignore: mongodb.missing,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const environment = { MONGODB_URI: mongodb.uri() };
    await using first = await RunningApp.start(environment);
    await using second = await RunningApp.start(environment);
    const { ann } = await first.people("ann");
    const tus = (app: RunningApp, method: string, path: string, headers = {}, body?: BodyInit) => {
      const all = { "tus-resumable": "1.0.0", ...headers };
      return bytesRequest(app, ann, method, path, { headers: all, body });
    };
    const began = await tus(first, "POST", "/api/media/uploads", { "upload-length": "11" });
    const path = began.headers.get("location")!;
    const patch = { "upload-offset": "0", "content-type": "application/offset+octet-stream" };
    assert.equal((await tus(first, "PATCH", path, patch, "Hello")).status, 204);
    assert.equal((await tus(first, "HEAD", path)).headers.get("upload-offset"), "5");

    assert.equal((await tus(second, "HEAD", path)).status, 404);
    const rest = { ...patch, "upload-offset": "5" };
    const refused = await tus(second, "PATCH", path, rest, " World");
    assert.equal(refused.status, 404);
    assert.match(refused.body.detail, /bytes of the upload .* are not here: begin again/);
    assert.match(second.log.join("\n"), MISSING);

    await new Promise<void>((resolve, reject) => {
      new Upload(Buffer.from("Hello World"), {
        endpoint: `${second.url}/api/media/uploads`,
        uploadUrl: second.url + path,
        headers: { authorization: `Bearer ${ann.token}` },
        onSuccess: () => resolve(),
        onError: reject,
      }).start();
    });
    assert.equal((await tus(first, "PATCH", path, rest, " World")).status, 204);
    assert.deepEqual(first.log, []);

    const { body: file } = await upload(first, ann, "The quick brown fox", { name: "fox.txt" });
    const said = second.log.length;
    assert.equal((await download(second, ann, file.id)).status, 404);
    assert.match(second.log.slice(said).join("\n"), MISSING);
  },
});
