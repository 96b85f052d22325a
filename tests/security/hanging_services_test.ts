import assert from "node:assert/strict";
import { FacebookProvider } from "../../src/auth/providers/facebook.ts";
import { GoogleProvider } from "../../src/auth/providers/google.ts";
import { ProviderHttp } from "../../src/auth/providers/http.ts";
import { systemClock } from "../../src/core/clock.ts";
import { SmtpMailer } from "../../src/mail/mailer_smtp.ts";
import { SmtpUrl } from "../../src/mail/smtp_url.ts";
import { S3BlobStore } from "../../src/media/blobs/s3/blob_store.ts";
import { eventually } from "../support/eventually.ts";
import { HangingServer } from "../support/hanging_server.ts";

/**
 * Checks that a hanging call fails as `unavailable` once the service is closed, within a bounded
 * time.
 */
async function failsWhenClosed(
  hanging: HangingServer,
  work: Promise<unknown>,
  close: () => unknown,
): Promise<void> {
  let code: unknown;
  work.then(() => code = "resolved", (error) => code = error.code);
  await eventually("the host is connected to", () => hanging.accepted > 0);
  assert.equal(code, undefined);
  await close();
  // Less than their own timeouts, the shortest of which is 5 s.
  await eventually("the call in flight has failed", () => code !== undefined, { within: 4_000 });
  assert.equal(code, "unavailable");
}

function test(title: string, body: (hanging: HangingServer) => Promise<void>): void {
  Deno.test({
    name: title,
    // The sockets of Node's clients end a moment after the test.
    sanitizeResources: false,
    sanitizeOps: false,
    async fn() {
      const hanging = new HangingServer();
      try {
        await body(hanging);
      } finally {
        await hanging.close();
      }
    },
  });
}

const mail = { to: "ada@example.com", subject: "s", text: "t" };

function mailerOf(hanging: HangingServer, totalMs?: number): SmtpMailer {
  const url = new SmtpUrl(`smtp://127.0.0.1:${hanging.port}`);
  const from = { name: "Chat", address: "chat@example.com" };
  return new SmtpMailer({ url, from, totalMs });
}

test("a hanging mail server does not delay a drain", async (hanging) => {
  const mailer = mailerOf(hanging);
  await failsWhenClosed(hanging, mailer.send(mail), () => mailer.close());
});

test("sending a mail has a total timeout", async (hanging) => {
  const mailer = mailerOf(hanging, 50);
  await assert.rejects(mailer.send(mail), { code: "unavailable" });
  await mailer.close();
});

test("hanging identity providers do not delay a drain", async (hanging) => {
  const google = new GoogleProvider({
    clientId: "client",
    clientSecret: null,
    issuer: hanging.origin,
    clock: systemClock,
  });
  await failsWhenClosed(hanging, google.fromIdToken("a.b.c", null), () => google.close());
  const facebook = new FacebookProvider({
    clientId: "client",
    clientSecret: "secret",
    graphUrl: hanging.origin,
    issuer: hanging.origin,
    clock: systemClock,
  });
  const exchange = {
    code: "c",
    codeVerifier: "v",
    redirectUri: "https://example.com",
    nonce: null,
    issuer: null,
  };
  await failsWhenClosed(hanging, facebook.fromCode(exchange), () => facebook.close());
});

Deno.test("a provider's response is read only up to its limit", async () => {
  const chunk = new Uint8Array(64 * 1024);
  let sent = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const body = new ReadableStream({
      pull(controller) {
        sent += chunk.length;
        if (sent > 512 * chunk.length) controller.close();
        else controller.enqueue(chunk);
      },
    });
    return new Response(body);
  });
  const http = new ProviderHttp("Test");
  await assert.rejects(http.ask(`http://127.0.0.1:${server.addr.port}/`), { code: "unavailable" });
  http.close();
  await server.shutdown();
  assert(sent < 512 * chunk.length, `${sent} bytes were read`);
});

function blobsOf(hanging: HangingServer, requestTimeoutMs?: number): S3BlobStore {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const endpoint = hanging.origin;
  return new S3BlobStore({ bucket: "b", region: "r", endpoint, credentials, requestTimeoutMs });
}

test("a hanging media store does not delay a drain", async (hanging) => {
  const blobs = blobsOf(hanging);
  await failsWhenClosed(hanging, blobs.head("key"), () => blobs.close());
});

test("a request to the media store has a timeout", async (hanging) => {
  const blobs = blobsOf(hanging, 20);
  await assert.rejects(blobs.head("key"), { code: "unavailable" });
  await blobs.close();
});
