import assert from "node:assert/strict";
import { LEAKY } from "../support/leaky.ts";
import { RunningApp } from "../support/running_app.ts";
import { SOCKETS } from "./entrances.ts";
import { rawHead, SOCKET_IO_POLL_PATH, SOCKET_IO_WS_PATH, UPGRADE, WS_PATH } from "./raw_http.ts";

/**
 * Attacks that another site's page could make a browser carry out: sockets, frames, forms,
 * redirects, scripts.
 */

const OURS = "https://app.example.com";
const HERE = { CORS_ORIGINS: OURS, PUBLIC_URL: "https://chat.example.com" };

const STRANGE = [
  "https://evil.example",
  "http://app.example.com",
  "http://chat.example.com",
  "https://app.example.com.evil.example",
  "https://app.example.com:8443",
  "https://evil.example#https://app.example.com",
  "https://chat.example.com.evil.example",
  "https://xn--pp-7ka.example.com",
  "null",
  "file://",
  "chrome-extension://abcdef",
  "",
];

/** Every request by which a socket is opened or kept open. */
const OPENINGS: Record<string, [start: string, headers: Record<string, string>]> = {
  "/ws": [`GET ${WS_PATH}`, UPGRADE],
  "Socket.IO by WebSocket": [`GET ${SOCKET_IO_WS_PATH}`, UPGRADE],
  "Socket.IO by polling": [`GET ${SOCKET_IO_POLL_PATH}`, {}],
  "Socket.IO by post": [`POST ${SOCKET_IO_POLL_PATH}&sid=x`, { "Content-Length": "0" }],
};

for (const [name, [start, headers]] of Object.entries(OPENINGS)) {
  Deno.test({
    ...LEAKY,
    name: `${name}: pages of other origins cannot open a socket`,
    fn: async () => {
      await using app = await RunningApp.start(HERE);
      const statusFor = async (Origin: string) =>
        Number((await rawHead(app, start, { ...headers, Origin })).split(" ")[1]);
      for (const origin of STRANGE) assert.equal(await statusFor(origin), 403, `Origin: ${origin}`);
      const good = name === "Socket.IO by post" ? 400 : headers.Upgrade ? 101 : 200;
      for (const origin of [OURS, "https://chat.example.com"]) {
        assert.equal(await statusFor(origin), good, `Origin: ${origin}`);
      }
    },
  });
}

Deno.test("REST: responses are readable only by allowed origins, and never allow credentials", async () => {
  await using app = await RunningApp.start(HERE);
  for (const origin of STRANGE) {
    for (const start of ["GET /api/users/profile", "OPTIONS /api/users/profile"]) {
      const asked = { Origin: origin, "Access-Control-Request-Method": "GET" };
      const head = await rawHead(app, start, asked);
      assert.doesNotMatch(head, /access-control-allow-origin/i, `${start} from ${origin}`);
      assert.doesNotMatch(head, /access-control-allow-credentials/i);
    }
  }
  const head = await rawHead(app, "GET /api/users/profile", { Origin: OURS });
  assert.match(head, /access-control-allow-origin: https:\/\/app.example.com\r/i);
});

const PASSWORD = "correct horse battery";
const ANN = { username: "ann", email: "ann@example.org", password: PASSWORD };

Deno.test({
  ...LEAKY,
  name: "no transport sets or accepts a cookie, so that a form has no credentials to abuse",
  fn: async () => {
    await using app = await RunningApp.start();
    const { body } = await app.client().post("/api/auth/register", ANN);
    const { accessToken: token, refreshToken } = body;
    const login = { identifier: "ann", password: PASSWORD };
    const answers = [
      await app.client().post("/api/auth/login", login),
      await app.client().post("/api/auth/refresh-token", { refreshToken }),
      await app.client().as(token).get("/api/users/profile"),
      await app.client().get("/"),
      await app.client().get("/docs"),
      await app.client().get(SOCKET_IO_POLL_PATH),
    ];
    for (const { headers, status } of answers) {
      assert.equal(status, 200);
      assert.equal(headers.get("set-cookie"), null);
    }
    for (const [start] of Object.values(OPENINGS).slice(0, 2)) {
      assert.doesNotMatch(await rawHead(app, start, UPGRADE), /set-cookie/i);
    }
    const cookie = { cookie: `token=${token}; accessToken=${token}; session=${token}` };
    assert.equal((await app.client().get("/api/users/profile", { headers: cookie })).status, 401);
  },
});

Deno.test("REST: content types that another page's form can send are rejected", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const body = JSON.stringify({ name: "Group" });
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const headers = { "content-type": type };
    const { status } = await app.client(ann).post("/api/groups", undefined, { headers, body });
    assert.equal(status, 415, type);
  }
  const override = { "x-http-method-override": "DELETE", "x-method-override": "DELETE" };
  const { status } = await app.client(ann).post("/api/users/profile?_method=DELETE", {}, {
    headers: override,
  });
  assert.equal(status, 405);
});

Deno.test("every response, page or error, forbids framing, sniffing and referrers", async () => {
  await using app = await RunningApp.start(HERE);
  const { ann } = await app.people("ann");
  const paths = [
    "/",
    "/docs",
    "/healthz",
    "/nothing",
    "/api/nothing",
    "/api/users/profile",
    "/metrics",
    "/api/openapi.json",
    "/account/reset-password?token=x",
    "/account/verify-email?token=x",
    "/account/change-email?token=x",
    "/web/none.js",
    SOCKET_IO_POLL_PATH,
    "/ws",
  ];
  for (const path of paths) {
    for (const http of [app.client(), app.client(ann)]) {
      const { headers } = await http.get(path);
      assert.match(headers.get("content-security-policy")!, /frame-ancestors 'none'/, path);
      assert.match(headers.get("content-security-policy")!, /default-src 'none'/, path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("referrer-policy"), "no-referrer", path);
      assert.match(headers.get("strict-transport-security")!, /max-age=\d{7,}/, path);
      assert.equal(headers.get("location"), null, path);
      assert.doesNotMatch(headers.get("server") ?? "", /\d/, path);
    }
  }
  assert.equal(
    (await app.client(ann).get("/api/users/profile")).headers.get("cache-control"),
    "no-store",
  );
});

Deno.test("no path leads out of the served files", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  await Deno.writeTextFile(`${app.config.dataDir}/secret.txt`, "TOP SECRET");
  const ways = [
    "..",
    "%2e%2e",
    "..%2f",
    "%2e%2e%2f",
    "..%5c",
    "....//",
    "%252e%252e%252f",
    "..%00/",
  ];
  const targets = ["deno.json", "src/app.ts", "etc/passwd", "secret.txt", "data/secret.txt"];
  const bases = ["/web/", "/docs/", "/api/media/", "/api/messages/", "/", "/api/media/uploads/"];
  for (const base of bases) {
    for (const way of ways) {
      for (const target of targets) {
        const path = `${base}${`${way}/`.repeat(4)}${target}`;
        const head = await rawHead(app, `GET ${path}`, { Authorization: `Bearer ${ann.token}` });
        assert.match(head, /^HTTP\/1.1 40[045] /, path);
      }
    }
  }
  assert.deepEqual(app.log, []);
});

Deno.test("nothing redirects to a given address", async () => {
  await using app = await RunningApp.start();
  const away = "https://evil.example/";
  for (
    const path of [
      "//evil.example/",
      "/\\evil.example",
      `/?next=${away}`,
      `/docs?url=${away}`,
      `/account/reset-password?token=x&redirect=${away}`,
      "/docs/",
      "/web",
      "/api",
    ]
  ) {
    const head = await rawHead(app, `GET ${path}`, { "X-Forwarded-Host": "evil.example" });
    assert.doesNotMatch(head, /^HTTP\/1.1 3/, path);
    assert.doesNotMatch(head, /\r\nlocation:/i, path);
    assert.doesNotMatch(head, /evil\.example/, path);
  }
});

Deno.test("the pages of mailed links show their parameters as text", async () => {
  await using app = await RunningApp.start();
  const token = `"><script>alert(1)</script>'`;
  for (const page of ["reset-password", "verify-email", "change-email"]) {
    const path = `/account/${page}?token=${encodeURIComponent(token)}`;
    const { body, status } = await app.client().get(path);
    assert.equal(status, 200);
    assert.ok(!body.includes("<script"), page);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const form = new URLSearchParams({ token, password: "<script>" }).toString();
    const posted = await app.client().post(`/account/${page}`, undefined, { headers, body: form });
    assert.equal(posted.status, 400);
    assert.ok(!posted.body.includes("<script"), page);
  }
});

Deno.test("an upload is served with its detected type, and executes nothing", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const files: [name: string, type: string, text: string][] = [
    ["page.html", "text/html", "<script>alert(1)</script>"],
    ["picture.png", "image/png", "<!doctype html><script>alert(1)</script>"],
    ["picture.svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`],
  ];
  const types: (string | null)[] = [];
  for (const [name, type, text] of files) {
    const form = new FormData();
    form.set("file", new File([text], name, { type }));
    const created = await app.client(ann).post("/api/media/upload", undefined, { body: form });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const { headers } = await app.client(ann).get(`/api/media/${created.body.id}`);
    types.push(headers.get("content-type"));
    assert.match(headers.get("content-disposition")!, /^attachment/, name);
    assert.match(headers.get("content-security-policy")!, /default-src 'none'.*sandbox$/, name);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
  const text = "text/plain; charset=utf-8";
  assert.deepEqual(types, [text, text, "image/svg+xml"], "by their bytes, whatever was claimed");
});

Deno.test({
  ...LEAKY,
  name: "Socket.IO: the only namespace is the one that requires a token",
  fn: async () => {
    await using app = await RunningApp.start();
    const { ann } = await app.people("ann");
    for (const namespace of ["/admin", "/../", "/constructor", "/__proto__"]) {
      const [, socketIo] = SOCKETS;
      const url = { ...app, url: `${app.url}${namespace}` } as RunningApp;
      assert.match(await socketIo.enter(url, ann.token), /Invalid namespace|closed/, namespace);
    }
  },
});
