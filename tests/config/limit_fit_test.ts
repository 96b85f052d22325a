import assert from "node:assert/strict";
import { ConfigError, loadConfig } from "../../src/config.ts";
import { largestRequests } from "../../src/config/limit_fit.ts";
import { newId } from "../../src/core/ids.ts";
import { RunningApp } from "../support/running_app.ts";
import { PRODUCTION } from "./support.ts";

const load = (limits: Record<string, string>) => loadConfig({ ...PRODUCTION, ...limits });

Deno.test("the default limits fit into a frame and a body, however content is escaped", () => {
  const { limits, notices } = load({});
  const { sync, message } = largestRequests(limits);
  for (const holder of [limits.frameBytes, limits.bodyBytes]) {
    assert.ok(sync <= holder && message <= holder, `${sync} and ${message} fit into ${holder}`);
  }
  assert.doesNotMatch(notices.join("\n"), /LIMIT_/);
});

Deno.test("largestRequests returns the sizes of the largest requests as they are written", () => {
  const { limits } = load({ LIMIT_SYNC_CHATS: "200", LIMIT_TEXT_LENGTH: "300" });
  const { sync, message } = largestRequests({ ...limits, ciphertextBytes: 1 });
  const cursors = Object.fromEntries(Array.from({ length: 200 }, () => [newId(), 2 ** 53 - 1]));
  const hello = { id: 1, cmd: "hello", data: { token: "x".repeat(1024), cursors } };
  assert.ok(JSON.stringify(hello).length <= sync);
  const ids = (count: number) => Array.from({ length: count }, newId);
  const send = {
    chatId: newId(),
    replyTo: newId(),
    clientId: "",
    mentions: ids(limits.mentions),
    mediaIds: ids(limits.mediaPerMessage),
  };
  const escaped = `${"\\ud83d\\ude00".repeat(300)}${"\\u0061".repeat(64)}`;
  const frame = JSON.stringify({ id: 9_999, cmd: "message.send", data: { ...send, text: "" } });
  assert.ok(frame.length + escaped.length <= message);
});

Deno.test("limits that are not configured follow those that are, with a notice", () => {
  const raised = load({ LIMIT_TEXT_LENGTH: "100000" });
  assert.ok(raised.limits.frameBytes >= 1_200_000);
  assert.ok(raised.limits.bodyBytes >= 1_200_000);
  assert.match(raised.notices.join("\n"), /LIMIT_FRAME_BYTES is raised to \d+/);
  const lowered = load({ LIMIT_FRAME_BYTES: "2048" });
  const { sync, message } = largestRequests(lowered.limits);
  assert.ok(sync <= 2048 && message <= 2048, `${sync} ${message}`);
  assert.match(lowered.notices.join("\n"), /LIMIT_SYNC_CHATS is lowered to \d+, to fit into/);
  assert.match(lowered.notices.join("\n"), /LIMIT_TEXT_LENGTH is lowered/);
});

Deno.test("configured limits that contradict each other are refused in one sentence", () => {
  assert.throws(
    () => load({ LIMIT_FRAME_BYTES: "65536", LIMIT_SYNC_CHATS: "5000" }),
    (error: unknown) =>
      error instanceof ConfigError &&
      /LIMIT_SYNC_CHATS is "5000"; it must be at most \d+, to fit into LIMIT_FRAME_BYTES \(65536\)/
        .test(error.message),
  );
});

Deno.test("a socket accepts the longest message and the longest hello", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { limits } = app.config;
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const cursors = Array.from({ length: limits.syncChats }, () => `"${newId()}":${2 ** 53 - 1}`);
  const frames = [
    `{"id":1,"cmd":"hello","data":{"token":"${ann.token}","cursors":{${cursors.join()}}}}`,
    `{"id":2,"cmd":"message.send","data":{"chatId":"${chat.id}","text":"${
      "\\ud83d\\ude00".repeat(limits.textLength)
    }"}}`,
  ];
  const socket = new WebSocket(app.webSocketUrl, "realtimechat.v1");
  const replies: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    socket.onclose = () => resolve();
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (!("ok" in frame)) return;
      replies.push([frame.id, frame.ok]);
      if (frames.length > 0) socket.send(frames.shift()!);
      else socket.close();
    };
  });
  socket.onopen = () => socket.send(frames.shift()!);
  await done;
  assert.deepEqual(replies, [[1, true], [2, true]]);
});
