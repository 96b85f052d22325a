import assert from "node:assert/strict";
import { ChatError, type ChatErrorCode } from "../../src/client/chat_error.ts";
import { socketFault } from "../../src/client/connection_fault.ts";
import type { Rest } from "../../src/client/rest.ts";

/** A server whose answer over HTTP a test decides. */
function server() {
  const rest = {
    code: "unauthenticated" as ChatErrorCode,
    raw: () => Promise.reject(new ChatError(rest.code, "")),
  };
  const attempt = async (again: boolean) => {
    const url = "https://chat.example.org";
    return (await socketFault({ rest: rest as unknown as Rest, url, again }))?.code ?? null;
  };
  return { rest, attempt };
}

Deno.test("socketFault names a proxy only after two attempts between which the server answered", async () => {
  const { rest, attempt } = server();
  assert.equal(await attempt(false), null, "it may just have started");
  assert.equal(await attempt(false), null, "a socket was open between them");
  assert.equal(await attempt(true), "misuse");
  rest.code = "unavailable";
  assert.equal(await attempt(true), null, "the network is gone");
  rest.code = "unauthenticated";
  assert.equal(await attempt(true), null, "and has just returned");
  assert.equal(await attempt(true), "misuse");
});
