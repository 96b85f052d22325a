import assert from "node:assert/strict";
import { createApp } from "../../src/app.ts";
import { jsonLog } from "../../src/core/log.ts";
import { AccountWorld, PASSWORD } from "../support/account_world.ts";
import { RunningApp } from "../support/running_app.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig } from "../support/test_config.ts";
import { RawHttp } from "./raw_http.ts";

/** Line breaks in values that go into a header, a log line or a mail: each stays one line. */

const BREAKS = [
  "\r\nX-Evil: 1",
  "\nX-Evil: 1",
  "\rX-Evil: 1",
  "\u2028X-Evil",
  "\u0085X",
  "\u001b[31m",
];

/** Starts a server whose log is read line by line, as a collector does. */
async function logged(run: (app: RunningApp) => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  await using folder = await TempDir.make("lines");
  const config = testConfig(folder.join("data"));
  const app = await createApp(config, jsonLog("info", (line) => lines.push(line)));
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  try {
    await run({ url: `http://127.0.0.1:${server.addr.port}` } as RunningApp);
  } finally {
    await server.shutdown();
    await app.drain();
  }
  return lines;
}

Deno.test("a request is one log line, whatever its bytes are", async () => {
  const attacks: string[] = [];
  const lines = await logged(async (app) => {
    for (
      const [i, agent] of ["a\x85b", "a\x9b31mb", "\xe2\x80\xa8{}", "a\tb", '"},{"x":"'].entries()
    ) {
      using connection = await RawHttp.open(app);
      const path = `/api/none-${i}%0d%0aX-Evil:%201%E2%80%A8`;
      await connection.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nUser-Agent: ${agent}\r\nX-Request-Id: a\tb\x85c\r\n\r\n`,
      );
      const head = await connection.head();
      assert.match(head, /^HTTP\/1.1 404 /);
      assert.doesNotMatch(head, /x-evil/i);
      attacks.push(path);
    }
    // A bare CR or NUL within a header makes the request invalid.
    for (const agent of ["a\rX-Evil: 1", "a\0b"]) {
      using connection = await RawHttp.open(app);
      await connection.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nUser-Agent: ${agent}\r\n\r\n`);
      assert.match(await connection.head(), /^(HTTP\/1.1 400 .*)?$/s);
    }
  });
  const requests = lines.filter((line) => JSON.parse(line).message === "request");
  assert.equal(requests.length, attacks.length);
  for (const line of lines) {
    // deno-lint-ignore no-control-regex -- the test looks for control characters
    assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/, JSON.stringify(line));
  }
});

Deno.test("single-line names are enforced wherever they are given", async () => {
  await using world = await AccountWorld.open();
  const ann = await world.register("ann");
  const group = await world.send("POST", "/api/groups", { name: "Group" }, ann);
  const signatureKey = "A".repeat(43);
  for (const evil of BREAKS.map((text) => `name${text}`)) {
    const tries: [string, string, object][] = [
      ["POST", "/api/auth/login", { identifier: "ann", password: PASSWORD, deviceName: evil }],
      ["POST", "/api/auth/register", {
        username: "bob",
        email: "bob@example.org",
        password: PASSWORD,
        displayName: evil,
      }],
      ["POST", "/api/auth/register", {
        username: evil,
        email: "bob@example.org",
        password: PASSWORD,
      }],
      ["POST", "/api/auth/register", {
        username: "bob",
        email: `bob${evil}@example.org`,
        password: PASSWORD,
      }],
      ["POST", "/api/auth/password/forgot", { email: `ann@example.org${evil}` }],
      ["PUT", "/api/auth/email", { email: `"${evil}"@example.org` }],
      ["PUT", "/api/users/profile", { displayName: evil }],
      ["PUT", "/api/users/status", { state: "online", text: evil }],
      ["PUT", `/api/groups/${group.body.id}`, { name: evil }],
      ["POST", "/api/groups", { name: evil }],
      ["POST", "/api/devices", { name: evil, signatureKey }],
    ];
    for (const [method, path, body] of tries) {
      const { status, headers, body: problem } = await world.send(method, path, body, ann);
      assert.equal(status, 400, `${path} ${JSON.stringify(evil)}`);
      assert.equal(headers.get("x-evil"), null);
      // deno-lint-ignore no-control-regex -- the test looks for control characters
      assert.doesNotMatch(problem.detail, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
    }
  }
  assert.ok(world.mails.length > 0);
  assert.ok(world.mails.every(({ to, subject }) => !/[\r\n]/.test(to + subject)));
});

Deno.test("the name of an upload does not split a header", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const names = [
    'a"; filename="b.exe',
    "a%0d%0aX-Evil: 1.txt",
    "a\u2028b\u202egpj.exe",
    "../../x;y\u0085.txt",
  ];
  for (const name of names) {
    const body = `--x\r\nContent-Disposition: form-data; name="file"; ` +
      `filename="${name.replaceAll('"', "%22")}"\r\n\r\nhello\r\n--x--\r\n`;
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const created = await app.client(ann).post("/api/media/upload", undefined, { headers, body });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const got = await app.client(ann).get(`/api/media/${created.body.id}`);
    assert.equal(got.headers.get("x-evil"), null);
    const disposition = got.headers.get("content-disposition")!;
    assert.match(
      disposition,
      /^attachment; filename="[^"\\/\r\n]+"(; filename\*=UTF-8''[\w.~%!$&+^`|#-]+)?$/,
    );
  }
});

Deno.test("mails: display names are text, and links lead to this server", async () => {
  await using world = await AccountWorld.open();
  const input = {
    username: "ann",
    email: "ann@example.org",
    password: PASSWORD,
    displayName: "Click https://evil.example/ <b>now</b>",
  };
  const headers = { host: "evil.example", "x-forwarded-host": "evil.example" };
  assert.equal((await world.send("POST", "/api/auth/register", input, { headers })).status, 201);
  await world.send("POST", "/api/auth/password/forgot", { email: input.email }, { headers });
  for (const subject of [/Confirm/, /password/i]) {
    const mail = await world.mail(input.email, subject);
    assert.equal(new URL(mail.link!).origin, "https://chat.example.org");
  }
});
