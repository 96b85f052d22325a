import assert from "node:assert/strict";
import { readStart } from "../../src/core/http_post.ts";
import { requestBySocket } from "../../src/core/socket_request.ts";
import { ScriptedTlsServer, type Write } from "../support/scripted_tls_server.ts";
import { TLS_CERTIFICATE } from "../support/tls_certificate.ts";

/** Long enough to end no request of these tests that ends by itself. */
const LATE_MS = 60_000;

async function request(
  answer: (write: Write) => Promise<void>,
  signal = AbortSignal.timeout(LATE_MS),
) {
  const server = new ScriptedTlsServer(answer);
  const options = { method: "POST", agent: false, ca: TLS_CERTIFICATE, signal, maxBytes: 1_000 };
  try {
    const body = new TextEncoder().encode("body");
    return await requestBySocket(server.url, { ...options, body }, (answer) => readStart(answer));
  } finally {
    await server.close();
  }
}

const HEAD = "HTTP/1.1 200 OK\r\n";
const HINT = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";

Deno.test("requestBySocket reads a response, after a few interim ones too", async () => {
  const ok = `${HEAD}content-length: 2\r\n\r\nok`;
  assert.equal(await request((write) => write(ok)), "ok");
  assert.equal(await request((write) => write(HINT.repeat(3) + ok)), "ok");
  const chunked = `${HEAD}transfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n`;
  assert.equal(await request((write) => write(chunked)), "ok");
});

Deno.test("requestBySocket rejects a server that switches to another protocol", async () => {
  const upgrade = "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";
  await assert.rejects(request((write) => write(upgrade)), /another protocol/);
});

Deno.test("requestBySocket bounds what surrounds a response", async () => {
  const forever = (start: string, more: string) => async (write: Write) => {
    await write(start);
    for (;;) await write(more);
  };
  await assert.rejects(request(forever("", HINT.repeat(500))), /too many interim responses/);
  const extension = `${HEAD}transfer-encoding: chunked\r\n\r\n2;`;
  await assert.rejects(request(forever(extension, "a".repeat(65_536))), /more than \d+ bytes/);
});

Deno.test("requestBySocket rejects with the reason of an abort, and when nothing comes", async () => {
  const stop = new AbortController();
  const silent = request(() => {
    stop.abort(new DOMException("The server is stopping", "AbortError"));
    return Promise.resolve();
  }, stop.signal);
  await assert.rejects(silent, { name: "AbortError", message: "The server is stopping" });
});
