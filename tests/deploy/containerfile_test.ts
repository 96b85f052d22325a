import assert from "node:assert/strict";
import { answersHttp, ChildServer } from "../support/child_server.ts";
import { ContainerBuild } from "../support/container_build.ts";
import { eventually } from "../support/eventually.ts";
import { FcmServer } from "../support/fcm_server.ts";
import { HttpClient } from "../support/http_client.ts";
import { flag } from "../support/pictures.ts";
import { upload } from "../support/uploads.ts";

interface Member {
  id: string;
  token: string;
  http: HttpClient;
}

async function register(url: string, username: string): Promise<Member> {
  const http = new HttpClient(url);
  const input = { username, email: `${username}@example.org`, password: "correct horse battery" };
  const { status, body } = await http.post("/api/auth/register", input);
  assert.equal(status, 201, JSON.stringify(body));
  return { id: body.user.id, token: body.accessToken, http: http.as(body.accessToken) };
}

function startContainer(build: ContainerBuild, fcm: FcmServer) {
  const [program, ...args] = build.command;
  return ChildServer.startOnFreePort((port) => ({
    program,
    args,
    cwd: build.workdir,
    inherit: () => false,
    env: {
      ...build.env,
      PORT: String(port),
      HOST: "127.0.0.1",
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      JWT_SECRET: "the-access-secret-of-the-tests-is-long-enough",
      JWT_REFRESH_SECRET: "the-refresh-secret-of-the-tests-is-long-enough",
      FIREBASE_SERVICE_ACCOUNT: fcm.serviceAccountJson,
      FCM_ENDPOINT_URL: fcm.endpoint,
    },
    ready: () => answersHttp(`http://127.0.0.1:${port}/healthz`),
    readyWithin: 60_000,
  }));
}

/**
 * Imports that are loaded on first use only: workers, the picture codec, the documents' page,
 * Google's SDK.
 */
async function usesWhatIsLoadedLate(url: string, fcm: FcmServer): Promise<void> {
  const [ann, bob] = [await register(url, "ann"), await register(url, "bob")];
  const picture = await upload({ url }, ann, await flag(64, 48, ".png"), { name: "flag.png" });
  assert.equal(picture.status, 201, JSON.stringify(picture.body));
  assert.equal(picture.body.width, 64);
  for (const path of ["/", "/docs", "/docs/swagger-ui.css", "/api/openapi.json"]) {
    assert.equal((await ann.http.get(path)).status, 200, path);
  }
  await bob.http.post("/api/notifications/devices", { token: "bobs-telephone:0123456789" });
  const sent = await ann.http.post("/api/messages", {
    recipientId: bob.id,
    mediaIds: [picture.body.id],
  });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  await eventually("the push arrives", () => fcm.messageIds.includes(sent.body.id));
}

/** The other packages belong to MongoDB and S3: the test only asserts that they are present. */
async function hasAllPackages(build: ContainerBuild): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["install", "--frozen", "--cached-only", "--entrypoint", "src/main.ts", "src/doctor.ts"],
    cwd: build.workdir,
    env: build.env,
    clearEnv: true,
  }).output();
  assert.equal(success, true, new TextDecoder().decode(stderr));
}

async function isHealthy(build: ContainerBuild, port: number): Promise<boolean> {
  const [program, ...args] = build.healthCheck;
  const { success } = await new Deno.Command(program, {
    args,
    cwd: build.workdir,
    env: { ...build.env, PORT: String(port) },
    clearEnv: true,
  }).output();
  return success;
}

Deno.test({
  name: "the Containerfile's steps build a server that starts offline and unprivileged, and drains",
  // Downloads all packages again, 160 MB.
  ignore: Deno.env.get("CI") !== "true",
  fn: async () => {
    const fcm = await FcmServer.start();
    await using stack = new AsyncDisposableStack();
    stack.defer(() => fcm.close());
    const build = stack.use(await ContainerBuild.run("src/deploy/Containerfile"));
    const { server, port } = await startContainer(build, fcm);
    stack.use(server);
    await usesWhatIsLoadedLate(`http://127.0.0.1:${port}`, fcm);
    assert.equal(await isHealthy(build, port), true, server.log);
    assert.deepEqual(await server.kill("SIGTERM"), { code: 0, signal: null }, server.log);
    assert.equal(await isHealthy(build, port), false);
    assert.match(server.log, /"message":"Drained"/);
    await hasAllPackages(build);
  },
});
