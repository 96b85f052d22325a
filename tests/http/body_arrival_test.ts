import assert from "node:assert/strict";
import { demoApp, type DemoOptions } from "./demo.ts";

/** A real server and a raw connection to it, for requests that `fetch` would never send. */
async function conversation(
  options: DemoOptions,
  talk: (connection: Deno.TcpConn) => Promise<void>,
) {
  const { app } = demoApp(options);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  const connection = await Deno.connect({ port: server.addr.port, hostname: "127.0.0.1" });
  try {
    await talk(connection);
  } finally {
    connection.close();
    await server.shutdown();
  }
}

const encoder = new TextEncoder();

const headOf = (...headers: string[]) =>
  encoder.encode(
    ["POST /api/notes HTTP/1.1", "Host: x", "Authorization: Bearer user", ...headers, "", ""]
      .join("\r\n"),
  );

async function readAnswer(connection: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  while (!/\r\n\r\n.*\}/s.test(text)) {
    const size = await connection.read(buffer);
    if (size === null) break;
    text += decoder.decode(buffer.subarray(0, size), { stream: true });
  }
  return text;
}

Deno.test("a body that stops arriving is answered with 408", async () => {
  await conversation({ limits: { bodyTimeMs: 100 } }, async (connection) => {
    await connection.write(headOf("Content-Type: application/json", "Content-Length: 100"));
    await connection.write(encoder.encode('{"text":'));
    const answer = await readAnswer(connection);
    assert.match(answer, /^HTTP\/1.1 408 /);
    assert.match(answer, /"code":"request_timeout"/);
  });
});

Deno.test("a chunked body is refused at the limit, long before its end", async () => {
  await conversation({ limits: { bodyBytes: 4096 } }, async (connection) => {
    await connection.write(headOf("Content-Type: application/json", "Transfer-Encoding: chunked"));
    const chunk = encoder.encode(`800\r\n${"x".repeat(2048)}\r\n`);
    for (let i = 0; i < 3; i++) await connection.write(chunk);
    const answer = await readAnswer(connection);
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.match(answer, /must have at most 4096 bytes/);
  });
});

Deno.test("a declared length over the limit is refused without waiting for the body", async () => {
  await conversation({ limits: { bodyBytes: 4096 } }, async (connection) => {
    await connection.write(headOf("Content-Type: application/json", "Content-Length: 1000000000"));
    assert.match(await readAnswer(connection), /^HTTP\/1.1 413 /);
  });
});

Deno.test("an empty chunked body needs no type, and a chunked one within the limit is read", async () => {
  await conversation({}, async (connection) => {
    await connection.write(headOf("Transfer-Encoding: chunked"));
    await connection.write(encoder.encode("0\r\n\r\n"));
    assert.match(await readAnswer(connection), /text is required/);
    await connection.write(headOf("Content-Type: application/json", "Transfer-Encoding: chunked"));
    await connection.write(encoder.encode('8\r\n{"text":\r\n5\r\n"hi"}\r\n0\r\n\r\n'));
    assert.match(await readAnswer(connection), /^HTTP\/1.1 201 /);
  });
});
