import assert from "node:assert/strict";
import { serverArguments } from "../../src/launcher/server_arguments.ts";
import { serverEnvironment } from "../../src/launcher/server_environment.ts";

const PLACE = { root: "/program", npmCache: "/cache/npm" };

function flag(words: string[], name: string): string[] {
  const found = words.find((word) => word.startsWith(`--${name}=`));
  assert.ok(found, `${name} is in ${words.join(" ")}`);
  return found.slice(name.length + 3).split(",");
}

Deno.test("serverArguments: files can be read and written where the program and its data are, and nowhere else", () => {
  const words = serverArguments("start", { DATA_DIR: "/data" }, PLACE);
  assert.deepEqual(flag(words, "allow-read"), ["/program", "/cache/npm", "/data"]);
  assert.deepEqual(flag(words, "deny-read"), [".env", ".git"].map((name) => `/program/${name}`));
  assert.deepEqual(flag(words, "allow-write"), ["/data"]);
  assert.ok(!words.some((word) => /^(-A|--allow-(all|run|ffi))/.test(word)));
});

Deno.test("serverArguments: an empty variable counts as not set, and KV's file may be elsewhere", () => {
  const words = serverArguments("start", { DATA_DIR: " ", DENO_KV_PATH: "/kv/signals.db" }, PLACE);
  assert.deepEqual(flag(words, "allow-write"), ["data", "/kv"]);
});

Deno.test("serverArguments: a comma in a path stays part of it", () => {
  const words = serverArguments("start", { DATA_DIR: "/a,b" }, PLACE);
  assert.ok(words.includes("--allow-write=/a,,b"));
});

Deno.test("serverArguments: an import reads the folder of its file, and writes no other folder", () => {
  const words = serverArguments("import", { DATA_DIR: "/data" }, { ...PLACE, fileFolder: "/old" });
  assert.deepEqual(flag(words, "allow-read"), ["/program", "/cache/npm", "/data", "/old"]);
  assert.deepEqual(flag(words, "allow-write"), ["/data"]);
  assert.equal(words.at(-1), "src/import.ts");
});

Deno.test("serverEnvironment: the server gets its variables and the platform's, and no others", () => {
  const passed = {
    PATH: "/bin",
    JWT_SECRET: "s",
    LIMIT_PINS: "1",
    DENO_DIR: "d",
    https_proxy: "p",
  };
  const kept = { SSH_AUTH_SOCK: "a", GITHUB_TOKEN: "b", MY_DATABASE_PASSWORD: "c" };
  assert.deepEqual(serverEnvironment({ ...passed, ...kept }), passed);
});

Deno.test("serverArguments: each mode runs its entry module, and parallel listens on HOST and PORT", () => {
  assert.equal(serverArguments("dev", {}, PLACE)[1], "--watch=src");
  assert.equal(serverArguments("dev", {}, PLACE).at(-1), "src/main.ts");
  assert.equal(serverArguments("start", {}, PLACE).at(-1), "src/main.ts");
  for (const mode of ["admin", "apikey", "import", "reseal", "doctor"] as const) {
    const words = serverArguments(mode, {}, PLACE);
    assert.deepEqual([words[0], words.at(-1)], ["run", `src/${mode}.ts`]);
  }
  const local = serverArguments("parallel", { PORT: " " }, PLACE);
  assert.equal(local.slice(0, 6).join(" "), "serve --parallel --port 5000 --host 127.0.0.1");
  const chosen = serverArguments("parallel", { HOST: "192.0.2.1" }, PLACE);
  assert.equal(chosen[5], "192.0.2.1");
  const parallel = serverArguments("parallel", { NODE_ENV: "production", PORT: "80" }, PLACE);
  assert.equal(parallel.slice(0, 6).join(" "), "serve --parallel --port 80 --host 0.0.0.0");
  assert.equal(parallel.at(-1), "src/serve.ts");
});

Deno.test("serverArguments: the lock with Google's SDK is used only where pushes go to apps", () => {
  const lock = "--lock=src/notifications/push/fcm/fcm.lock";
  assert.ok(serverArguments("start", { FIREBASE_SERVICE_ACCOUNT: "{}" }, PLACE).includes(lock));
  assert.ok(!serverArguments("start", { FIREBASE_SERVICE_ACCOUNT: " " }, PLACE).includes(lock));
});
