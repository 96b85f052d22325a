import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { accepts, answersHttp } from "../support/child_server.ts";
import { ServerProcess } from "../support/server_process.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { HttpClient } from "../support/http_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { within } from "../support/within.ts";
import { WsClient } from "../support/ws_client.ts";
import denoJson from "../../deno.json" with { type: "json" };

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} closes every socket with 1012, loses no acknowledged send, and exits with 0`, async () => {
    await using server = await ServerProcess.start({ env: { NODE_ENV: "test" } });
    const { token, userId } = await register(server.url);
    const silent = await WsClient.open(server.webSocketUrl);
    const { client } = await WsClient.connect(server.webSocketUrl, token);
    const { client: idle } = await WsClient.connect(server.webSocketUrl, token);
    const group = await new HttpClient(server.url, token).post("/api/groups", { name: "G" });
    const sends = Array.from(
      { length: 200 },
      (_, i) =>
        client.command("message.send", { chatId: group.body.id, text: `${i}`, clientId: `${i}` }),
    );
    assert.equal((await sends[0]).ok, true);
    const exit = server.kill(signal);
    const closes = await Promise.all([idle.closed, silent.closed, client.closed]);
    assert.deepEqual(closes.map(({ code }) => code), [1012, 1012, 1012]);
    // A drain that takes longer than Deno Deploy allows ends with code 1.
    assert.deepEqual(await exit, { code: 0, signal: null });
    const answered = (await Promise.all(sends)).filter(({ ok }) => ok).map(({ data }) => data.id);
    await using again = await ServerProcess.start({
      env: { NODE_ENV: "test", DATA_DIR: server.dataDir },
    });
    const history = await new HttpClient(again.url, token)
      .get(`/api/messages/${group.body.id}?after=0&limit=100`);
    const kept = new Set(history.body.items.map(({ id }: { id: string }) => id));
    for (const id of answered.slice(0, 100)) assert.ok(kept.has(id), `${id} of ${userId}`);
  });
}

Deno.test("an instance that is probed accepts connections until its proxies know that it drains", async () => {
  await using server = await ServerProcess.start({ env: { NODE_ENV: "test" } });
  const http = new HttpClient(server.url);
  assert.equal((await http.get("/readyz")).status, 200);
  const began = performance.now();
  const exit = server.kill("SIGTERM");
  const port = Number(new URL(server.url).port);
  await eventually("its port is closed", () => accepts(port).then(() => false, () => true));
  assert.ok(performance.now() - began > 1_000, "proxies probe each second");
  assert.deepEqual(await exit, { code: 0, signal: null });
});

Deno.test("start:parallel serves on all cores, delivers events across them, and drains every one", async () => {
  await using folder = await TempDir.make("parallel");
  const { child, exited, port } = startParallel(folder, "3");
  try {
    const url = `http://127.0.0.1:${port}`;
    await eventually("it answers", () => answersHttp(`${url}/healthz`), { within: 60_000 });
    const people = await Promise.all(Array.from({ length: 12 }, () => register(url)));
    const owner = new HttpClient(url, people[0].token);
    const memberIds = people.slice(1).map(({ userId }) => userId);
    const group = await owner.post("/api/groups", { name: "Everyone", memberIds });
    const ws = url.replace("http", "ws") + "/ws";
    const clients = await Promise.all(
      people.map(async ({ token }) => (await WsClient.connect(ws, token)).client),
    );
    for (const [i, client] of clients.entries()) {
      const data = { chatId: group.body.id, text: `${i}`, clientId: "c" };
      assert.ok((await client.command("message.send", data)).ok);
    }
    for (const client of clients) {
      await eventually("all came", () => {
        return client.events.filter(({ event }) => event === "message.created").length === 12;
      });
    }
    Deno.kill(child.pid!, "SIGTERM");
    const closes = await within(
      "all sockets are closed",
      Promise.all(clients.map(({ closed }) => closed)),
    );
    // The runtime itself closes sockets there, with 1001, before the server can.
    for (const { code } of closes) assert.ok(code === 1001 || code === 1012, String(code));
    assert.deepEqual(await within("the process ends", exited), [0, null]);
  } finally {
    if (child.exitCode === null && child.signalCode === null) Deno.kill(child.pid!, "SIGKILL");
    await exited;
  }
});

Deno.test("start:parallel ends when it is asked to while some of its threads are still starting", async () => {
  await using folder = await TempDir.make("parallel");
  const { child, exited, port } = startParallel(folder, "8");
  try {
    await eventually("one answers", () => answersHttp(`http://127.0.0.1:${port}/healthz`), {
      every: 5,
    });
    Deno.kill(child.pid!, "SIGTERM");
    assert.deepEqual(await within("the process ends", exited), [0, null]);
  } finally {
    if (child.exitCode === null && child.signalCode === null) Deno.kill(child.pid!, "SIGKILL");
    await exited;
  }
});

function startParallel(folder: TempDir, threads: string) {
  const port = freePort();
  const child = spawn(Deno.execPath(), serveArguments(port, folder.join("data")), {
    env: {
      ...Deno.env.toObject(),
      NODE_ENV: "test",
      DENO_JOBS: threads,
      PORT: String(port),
      DATA_DIR: folder.join("data"),
      RATE_REGISTER: "1000/1s",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = new Promise<[number | null, string | null]>((resolve) =>
    child.once("exit", (code, signal) => resolve([code, signal]))
  );
  return { child, exited, port };
}

/** Arguments of the task, without --env-file. */
function serveArguments(port: number, dataDir: string): string[] {
  const command = denoJson.tasks["start:parallel"].command.split("&&").at(-1)!.trim();
  const words = command.replaceAll('"', "").split(" ").slice(1);
  return words.filter((word) => word !== "--env-file").map((word) =>
    word.replace("$DATA_DIR", dataDir).replace("$PORT", String(port)).replace("$HOST", "127.0.0.1")
  );
}

async function register(url: string): Promise<{ token: string; userId: string }> {
  const name = `user_${crypto.randomUUID().slice(0, 8)}`;
  const { status, body } = await new HttpClient(url).post("/api/auth/register", {
    username: name,
    email: `${name}@example.org`,
    password: "a password of the tests",
  });
  assert.equal(status, 201, JSON.stringify(body));
  return { token: body.accessToken, userId: body.user.id };
}
