import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { within } from "../support/within.ts";
import { Program } from "./program.ts";

/**
 * Prints its arguments and what it got of its environment, and whether it may write to a folder.
 */
const REPORTS = `
const mayWrite = async (path: string) =>
  (await Deno.permissions.query({ name: "write", path })).state === "granted";
console.log(JSON.stringify({
  args: Deno.args,
  env: Deno.env.toObject(),
  inPlace: await mayWrite("data"),
  elsewhere: await mayWrite("elsewhere"),
}));
Deno.exit(7);
`;

const BUILDS = `
await Deno.mkdir("dist", { recursive: true });
await Deno.writeTextFile("dist/builds", "built\\n", { append: true });
`;

/** Serves until it is asked to stop, and says by which signal. */
const SERVES = `
const timer = setInterval(() => {}, 60_000);
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => {
    console.log("drained after " + signal);
    clearInterval(timer);
    Deno.exit(0);
  });
}
console.log("serving");
`;

const NO_SIGNALS = { ignore: Deno.build.os === "windows" };

Deno.test("launch: a command gets its arguments, and its exit code is the launcher's", async () => {
  await using program = await Program.of({ "src/admin.ts": REPORTS });
  const { code, out } = await program.run(["admin", "grant", "ann"]);
  assert.equal(code, 7);
  assert.deepEqual(JSON.parse(out).args, ["grant", "ann"]);
});

Deno.test("launch: the server gets the variables that it reads, and no secret of another program", async () => {
  await using program = await Program.of({
    "src/main.ts": REPORTS,
    "src/web/build/main.ts": BUILDS,
  });
  const { out } = await program.run(["start"], { JWT_SECRET: "s", GITHUB_TOKEN: "t" });
  const { env } = JSON.parse(out);
  assert.equal(env.JWT_SECRET, "s");
  assert.equal(env.GITHUB_TOKEN, undefined);
});

Deno.test("launch: the data folder of .env may be written, unless a variable names another", async () => {
  await using program = await Program.of({ "src/admin.ts": REPORTS, ".env": "DATA_DIR=elsewhere" });
  const places = async (env?: Record<string, string>) => {
    const { inPlace, elsewhere } = JSON.parse((await program.run(["admin"], env)).out);
    return { inPlace, elsewhere };
  };
  assert.deepEqual(await places(), { inPlace: false, elsewhere: true });
  assert.deepEqual(await places({ DATA_DIR: "data" }), { inPlace: true, elsewhere: false });
});

Deno.test("launch: an import may read what lies beside its file, and options are no files", async () => {
  await using program = await Program.of({
    "src/import.ts": `console.log(await Deno.readTextFile(Deno.args[1] + ".part"));`,
  });
  await using other = await Program.of({ "export.json": "", "export.json.part": "the rest" });
  const { code, out } = await program.run(["import", "--dry-run", other.path("export.json")]);
  assert.deepEqual([code, out], [0, "the rest"]);
});

Deno.test("launch: an unknown mode and a .env that cannot be read are reported by exit code and reason", async () => {
  await using program = await Program.of({ "src/main.ts": REPORTS });
  const unknown = await program.run(["restart"]);
  assert.equal(unknown.code, 64);
  assert.match(unknown.err, /"restart" is none of dev, start/);
  await Deno.mkdir(program.path(".env"));
  const unread = await program.run(["start"]);
  assert.equal(unread.code, 78);
  assert.match(unread.err, /Cannot read \.env: .*it must be a file/);
});

Deno.test("launch: a server is not started with arguments, which it would not read", async () => {
  await using program = await Program.of({ "src/main.ts": REPORTS, "src/doctor.ts": REPORTS });
  for (const mode of ["start", "parallel", "doctor"]) {
    const { code, out, err } = await program.run([mode, "--port", "80"]);
    assert.deepEqual([code, out], [64, ""], mode);
    assert.match(err, /^Cannot launch the server with "--port 80": it takes no arguments\./);
  }
});

Deno.test({
  ...NO_SIGNALS,
  name: "launch: the end of a killed server is reported, since it could not do so",
  fn: async () => {
    await using program = await Program.of({
      "src/main.ts": `Deno.kill(Deno.pid, "SIGKILL");`,
      "src/web/build/main.ts": BUILDS,
    });
    const { code, err } = await program.run(["start"]);
    assert.equal(code, 137);
    assert.match(err, /^The process ended by SIGKILL; .* out of memory/m);
  },
});

Deno.test("launch: a page that cannot be built is reported with the reason, and the server runs", async () => {
  await using program = await Program.of({
    "src/main.ts": `while (!await Deno.stat("failed").catch(() => null)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log("served");`,
    "src/web/build/main.ts": `throw new Error("no bundler");`,
  });
  await using server = await program.start("start", /Cannot build the page: .* 1\n[^]*no bundler/);
  await program.write("failed", "");
  assert.deepEqual(await within("it ends", server.exited), { code: 0, signal: null });
  assert.match(server.log, /^served$/m);
});

Deno.test({
  ...NO_SIGNALS,
  name: "launch: the server is asked to stop by the launcher's signal, and drains before it ends",
  fn: async () => {
    await using program = await Program.of({
      "src/main.ts": SERVES,
      "src/web/build/main.ts": BUILDS,
    });
    for (
      const [mode, sent, received] of [
        ["start", "SIGTERM", "SIGTERM"],
        ["start", "SIGINT", "SIGINT"],
        // Deno's watcher hands on no other.
        ["dev", "SIGTERM", "SIGINT"],
      ] as const
    ) {
      await using server = await program.start(mode, /^serving$/m);
      assert.deepEqual(await server.kill(sent), { code: 0, signal: null }, mode);
      assert.match(server.log, new RegExp(`^drained after ${received}$`, "m"), mode);
    }
  },
});

Deno.test({
  ...NO_SIGNALS,
  name: "launch: a server that fails while it stops fails the launcher too",
  fn: async () => {
    await using program = await Program.of({
      "src/main.ts": SERVES.replace("Deno.exit(0)", "Deno.exit(1)"),
      "src/web/build/main.ts": BUILDS,
    });
    await using server = await program.start("start", /^serving$/m);
    assert.deepEqual(await server.kill("SIGTERM"), { code: 1, signal: null });
  },
});

Deno.test({
  ...NO_SIGNALS,
  name: "launch: dev ends when it is asked to, also where the server no longer reacts",
  fn: async () => {
    await using program = await Program.of({
      "src/main.ts": `console.log("process", Deno.pid);`,
      "src/web/build/main.ts": BUILDS,
    });
    await using server = await program.start("dev", /^process \d+$/m);
    Deno.kill(Number(/^process (\d+)$/m.exec(server.log)![1]), "SIGSTOP");
    assert.deepEqual(await server.kill("SIGTERM"), { code: 0, signal: null });
  },
});

Deno.test({
  ...NO_SIGNALS,
  name: "launch: dev builds the page again after a change of its source, and after a failure too",
  fn: async () => {
    await using program = await Program.of({
      "src/main.ts": SERVES,
      "src/web/build/main.ts": `throw new Error("no bundler");`,
    });
    await using server = await program.start("dev", /no bundler/);
    await program.write("src/web/build/main.ts", BUILDS);
    const builds = () => Deno.readTextFile(program.path("dist/builds"));
    await eventually("it is built after the failure", builds);
    for (const folder of ["client", "core", "model", "web/page"]) {
      const before = await builds();
      await program.write(`src/${folder}/changed.ts`, "");
      const isAgain = async () => await builds() !== before;
      await eventually(`it is built after a change in ${folder}`, isAgain);
    }
    assert.doesNotMatch(server.log, /the builder ended with 0/);
  },
});
