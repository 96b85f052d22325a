import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { jsonLog } from "../../src/core/log.ts";
import { announce } from "../../src/start.ts";
import { VERSION } from "../../src/version.ts";
import { inheritedEnvironment, startArguments } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Returns the program's output and exit code when it cannot start. */
async function failedStart(
  { dataDir, ...env }: { dataDir: string; [name: string]: string },
): Promise<{ code: number; said: string }> {
  const child = spawn(Deno.execPath(), startArguments(dataDir), {
    cwd: ROOT,
    env: { ...inheritedEnvironment(), NO_COLOR: "1", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const chunks: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, "close");
  return { code, said: Buffer.concat(chunks).toString() };
}

/** Asserts one line for a person, instead of an uncaught exception. */
function assertPlain(said: string): void {
  assert.doesNotMatch(said, /Uncaught|^ +at /m);
}

Deno.test("a start on a used port prints a line that says what to do", async () => {
  await using folder = await TempDir.make("start");
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  try {
    const env = { dataDir: folder.join("data"), DATA_DIR: folder.join("data") };
    const { code, said } = await failedStart({ ...env, PORT: String(port) });
    assert.equal(code, 1, said);
    assert.match(said, new RegExp(`Cannot listen on 127.0.0.1:${port}: .*in use.*set PORT`));
    assertPlain(said);
  } finally {
    other.close();
  }
});

for (const mode of ["development", "production"]) {
  Deno.test(`a DATA_DIR that is a file is reported with its path (${mode})`, async () => {
    await using folder = await TempDir.make("start");
    const dataDir = folder.join("data");
    await Deno.writeTextFile(dataDir, "");
    const secrets = mode === "production" && {
      JWT_SECRET: "a".repeat(32),
      JWT_REFRESH_SECRET: "b".repeat(32),
    };
    const { code, said } = await failedStart({
      dataDir,
      DATA_DIR: dataDir,
      NODE_ENV: mode,
      PORT: "0",
      ...secrets,
    });
    assert.equal(code, 78, said);
    assert.match(said, /DATA_DIR is ".*data"; it must be a folder that this server can make/);
    assertPlain(said);
  });
}

Deno.test("a DENO_KV_PATH that is a folder is reported with its path and its variable", async () => {
  await using folder = await TempDir.make("start");
  const dataDir = folder.join("data");
  const kv = folder.join("data", "kv");
  await Deno.mkdir(kv, { recursive: true });
  const { code, said } = await failedStart({
    dataDir,
    DATA_DIR: dataDir,
    PORT: "0",
    BROKER: "kv",
    DENO_KV_PATH: kv,
  });
  assert.equal(code, 1, said);
  assert.match(said, /Cannot make the file of Deno KV, .*kv: .*set DENO_KV_PATH to a file/);
  assertPlain(said);
});

Deno.test("an unreachable database is reported with its address, without its password", async () => {
  await using folder = await TempDir.make("start");
  const { code, said } = await failedStart({
    dataDir: folder.join("data"),
    DATA_DIR: folder.join("data"),
    PORT: "0",
    MONGODB_URI: "mongodb://ann:hunter2@127.0.0.1:1/x?serverSelectionTimeoutMS=200",
  });
  assert.equal(code, 1, said);
  assert.match(said, /Cannot start the server: Connecting to MongoDB at 127\.0\.0\.1:1 failed/);
  assert.doesNotMatch(said, /hunter2/);
  assertPlain(said);
});

Deno.test("the address that a start announces can be opened, whatever the server listens on", () => {
  const lines: string[] = [];
  const log = jsonLog("info", (line) => lines.push(line));
  const urls = ["127.0.0.1", "0.0.0.0", "::", "::1"].map((hostname) => {
    announce(log, { transport: "tcp", hostname, port: 5000 });
    const { message, version, url, docs, openapi } = JSON.parse(lines.at(-1)!);
    assert.deepEqual([message, version], ["Listening", VERSION]);
    assert.deepEqual([docs, openapi], [`${url}/docs`, `${url}/api/openapi.json`]);
    return url;
  });
  const everywhere = "http://localhost:5000";
  assert.deepEqual(urls, ["http://127.0.0.1:5000", everywhere, everywhere, "http://[::1]:5000"]);
});
