import assert from "node:assert/strict";
import { deadline, post, readStart } from "../../src/core/http_post.ts";
import { within } from "../support/within.ts";

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

Deno.test("readStart ends with the byte that fills its limit, and cuts no character off", async () => {
  let isLeft = false;
  async function* chunks() {
    try {
      for (const part of ["gr", "ü"]) yield new TextEncoder().encode(part);
      await new Promise(() => {});
    } finally {
      isLeft = true;
    }
  }
  const text = await within("the text is read", readStart(chunks(), 4), 20_000);
  assert.deepEqual([text, isLeft], ["grü", true]);
  const cut = await within("the text is read", readStart(chunks(), 3), 20_000);
  assert.equal(cut, "gr", "half of a character is none");
});
