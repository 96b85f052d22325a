import assert from "node:assert/strict";
import { WsSink } from "../../../src/transport/ws/ws_sink.ts";
import { within } from "../../support/within.ts";

Deno.test("WsSink closes after the replies of commands in flight, and writes nothing after that", async () => {
  const opened = Promise.withResolvers<WsSink>();
  const commands = Promise.withResolvers<void>();
  let closings = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const sink = new WsSink(socket, {
      maxBufferedBytes: 1_000_000,
      onClosing: () => closings++,
      idle: () => commands.promise,
    });
    socket.onopen = () => opened.resolve(sink);
    socket.onclose = () => sink.end();
    return response;
  });
  const heard: string[] = [];
  const client = new WebSocket(`ws://127.0.0.1:${server.addr.port}/`);
  client.onmessage = ({ data }) => heard.push(data);
  const closed = new Promise<number>((resolve) => client.onclose = ({ code }) => resolve(code));
  const sink = await within("it is open", opened.promise);
  sink.close("restart");
  sink.close("rate_limited");
  assert.deepEqual([closings, sink.isClosing], [1, true]);
  sink.write("the answer");
  commands.resolve();
  await commands.promise;
  sink.write("too late");
  assert.equal(await within("it is closed", closed), 1012);
  assert.deepEqual(heard, ["the answer"]);
  await server.shutdown();
});
