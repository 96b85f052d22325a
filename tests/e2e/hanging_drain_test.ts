import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GOOGLE_CLIENT_ID } from "../support/google_server.ts";
import { HangingServer } from "../support/hanging_server.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import { LEAKY } from "../support/leaky.ts";
import { RunningApp } from "../support/running_app.ts";
import { upload } from "../support/uploads.ts";
import { within } from "../support/within.ts";

/** Services that accept a connection and never answer: each client's timeout is longer. */
async function hanging(count: number): Promise<HangingServer[] & AsyncDisposable> {
  const servers = Array.from({ length: count }, () => new HangingServer());
  return await Promise.resolve(Object.assign(servers, {
    [Symbol.asyncDispose]: async () => void await Promise.all(servers.map((each) => each.close())),
  }));
}

function isUnavailable({ status, body }: HttpAnswer): void {
  assert.deepEqual([status, body.code], [503, "unavailable"], JSON.stringify(body));
}

Deno.test({
  // The pool of nodemailer and the retries of the S3 client keep timers that neither lets go.
  ...LEAKY,
  name: "a server ends although its mail server, a sign-in provider and its bucket hang",
  fn: async () => {
    await using servers = await hanging(3);
    const [mail, provider, bucket] = servers;
    const app = await RunningApp.start({
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      MAIL_FROM: "chat@example.org",
      PUBLIC_URL: "http://127.0.0.1",
      GOOGLE_CLIENT_ID,
      GOOGLE_ISSUER: provider.origin,
      AWS_BUCKET_NAME: "bucket",
      AWS_REGION: "region",
      AWS_ENDPOINT_URL: bucket.origin,
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
    const { ann } = await app.people("ann");
    const registered = await app.client().post("/api/auth/register", {
      username: "bob",
      email: "bob@example.org",
      password: "correct horse battery",
    });
    assert.equal(registered.status, 201, JSON.stringify(registered.body));
    const ended: string[] = [];
    const uploading = upload(app, ann, "bytes", { name: "a.txt" })
      .finally(() => ended.push("upload"));
    const signingIn = app.client().post("/api/auth/google", { idToken: "a.b.c", nonce: "n" })
      .finally(() => ended.push("sign-in"));
    await eventually("all three hang", () => servers.every(({ accepted }) => accepted > 0));
    assert.deepEqual(ended, []);
    // The mail server's own timeout is 15 s, and the bucket's 60 s.
    await within("the server ends", app.stop(), 14_000);
    isUnavailable(await uploading);
    isUnavailable(await signingIn);
    assert.deepEqual(ended, ["sign-in", "upload"], "a bucket may be slow for a while longer");
    assert.ok(app.log.some((line) => line.includes("Sending an account link failed")));
  },
});
