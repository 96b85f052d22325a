import assert from "node:assert/strict";
import { deadline, post } from "../../src/core/http_post.ts";

Deno.test("post reads a response only up to its limit", async () => {
  const chunk = new Uint8Array(64 * 1024).fill(120);
  let sent = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const body = new ReadableStream({
      pull(controller) {
        sent += chunk.length;
        if (sent > 512 * chunk.length) controller.close();
        else controller.enqueue(chunk);
      },
    });
    return new Response(body, { status: 503 });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const answer = await post(url, { headers: {}, body: "{}", signal: deadline(10_000) });
  assert.equal(answer.status, 503);
  assert.equal(answer.body.length, 16 * 1024);
  await server.shutdown();
  assert(sent < 512 * chunk.length, `${sent} bytes were read`);
});
