import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { exifWithGps, flag, withPngChunk } from "../support/pictures.ts";
import { testedStores } from "../support/tested_stores.ts";
import { everything, ImportWorld } from "./import_world.ts";
import { aGroup, aMessage, aPerson } from "./lines.ts";

const TEXT = new TextEncoder().encode("a plain file\n");

/** A host of files, in the tests' own network. */
function fileHost(files: Record<string, Uint8Array<ArrayBuffer>>) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const found = files[new URL(request.url).pathname];
    return found ? new Response(found) : new Response("no", { status: 404 });
  });
  return { origin: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

for (const { name, ignore, environment } of testedStores()) {
  Deno.test({
    name: `${name}: files come from paths and URLs, without metadata, and are read over the API`,
    ignore,
    fn: async () => {
      const picture = await flag(64, 48, ".png");
      const host = fileHost({ "/files/notes.txt": TEXT, "/face.png": picture });
      await using world = await ImportWorld.start({
        ...environment(),
        PICTURE_ORIGINS: host.origin,
      });
      await Deno.mkdir(world.folder.join("files"));
      const traced = withPngChunk(picture, "eXIf", exifWithGps(1));
      await Deno.writeFile(world.folder.join("files", "flag.png"), traced);
      const lines = [
        aPerson("ann", { picture: "files/flag.png" }),
        aPerson("ben", { picture: `${host.origin}/face.png` }),
        aGroup("kites", ["ann", "ben"]),
        aMessage("kites", "ann", {
          text: undefined,
          media: [{ path: "files/flag.png" }, { url: `${host.origin}/files/notes.txt?t=secret` }],
        }),
        aMessage("kites", "ben", { media: [{ path: "files/flag.png", name: "renamed.png" }] }),
      ];
      const { code, out, refused } = await world.import(lines);
      assert.deepEqual([code, refused], [0, []]);
      assert.match(out, /2 messages and 3 files/);
      const ann = await world.signIn("ann");
      const { items } = (await ann.client.get(`/api/messages/${await world.chatId("kites")}`)).body;
      const [[renamed], [image, file]] = items.map(({ media }: { media: unknown[] }) => media);
      assert.deepEqual([image.kind, image.name, image.width, image.height], [
        "image",
        "flag.png",
        64,
        48,
      ]);
      assert.deepEqual([file.kind, file.name, renamed.name], ["file", "notes.txt", "renamed.png"]);
      assert.deepEqual(await bytesOf(world, ann.token, file.id), TEXT);
      const served = await bytesOf(world, ann.token, image.id);
      assert.ok(!new TextDecoder("latin1").decode(served).includes("eXIf"));
      for (const person of ["ann", "ben"]) {
        const { body } = await world.backend.get(`/api/server/users/${person}`);
        assert.notEqual(body.user.avatarMediaId, null);
      }
      const before = await world.store(everything);
      assert.equal((await world.import(lines)).code, 0);
      assert.deepEqual(await world.store(everything), before);
      await host.stop();
    },
  });
}

Deno.test("a path leads nowhere but into the file's folder, and a URL to no private address", async () => {
  const host = fileHost({ "/secret.txt": TEXT });
  await using world = await ImportWorld.start();
  await Deno.mkdir(world.folder.join("in", "inner"), { recursive: true });
  await Deno.writeFile(world.folder.join("secret.txt"), TEXT);
  await Deno.symlink(world.folder.join("secret.txt"), world.folder.join("in", "link.txt"));
  await Deno.writeFile(world.folder.join("in", "good.txt"), TEXT);
  const sources = [
    { path: "../secret.txt" },
    { path: world.folder.join("secret.txt") },
    { path: "link.txt" },
    { path: "inner" },
    { path: "missing.txt" },
    { url: `${host.origin}/secret.txt` },
    { url: "https://169.254.169.254/latest/meta-data" },
    { url: "file:///etc/passwd" },
    { path: "good.txt", url: "https://example.com/" },
    {},
  ];
  await world.write("in/import.ndjson", [
    aPerson("ann"),
    aGroup("kites", ["ann"]),
    ...sources.map((source) => aMessage("kites", "ann", { media: [source] })),
    aMessage("kites", "ann", { media: [{ path: "inner/../good.txt" }] }),
  ]);
  const { code, out, refused } = await world.run("in/import.ndjson");
  assert.equal(code, 1);
  assert.match(out, /1 messages and 1 files/);
  const reasons = refused.map((line) => line.replace(/^line \d+: /, ""));
  const outside =
    /^Cannot import the file ".*": there is no such file in the folder of the import$/;
  for (const reason of reasons.slice(0, 5)) assert.match(reason, outside);
  assert.match(reasons[5], /its URL is not https$/);
  assert.match(reasons[6], /its host has no public address$/);
  assert.match(reasons[7], /^media\.0\.url must be a URL/);
  assert.match(reasons[8], /^media\.0 must have either path or url/);
  assert.match(reasons[9], /^media\.0 must have either path or url/);
  await host.stop();
});

Deno.test("a path does not lead into the server's own folder", async () => {
  await using world = await ImportWorld.start();
  const { dataDir } = world.app.config;
  const inData = relative(dirname(dataDir), `${dataDir}/chat.sqlite3`);
  const path = join(dirname(dataDir), "import.ndjson");
  await world.write("import.ndjson", [
    aPerson("ann"),
    aGroup("kites", ["ann"]),
    aMessage("kites", "ann", { media: [{ path: inData }] }),
  ]);
  await Deno.copyFile(world.folder.join("import.ndjson"), path);
  const { refused } = await world.run(path);
  assert.match(refused[0], /^line 3: .*there is no such file in the folder of the import$/);
});

Deno.test("a file past the limits of its kind refuses its line, and leaves no upload", async () => {
  await using world = await ImportWorld.start({ LIMIT_FILE_BYTES: "1024" });
  await Deno.writeFile(world.folder.join("large.bin"), new Uint8Array(5_000).fill(1));
  const { code, refused } = await world.import([
    aPerson("ann"),
    aGroup("kites", ["ann"]),
    aMessage("kites", "ann", { media: [{ path: "large.bin" }] }),
  ]);
  assert.equal(code, 1);
  assert.match(refused[0], /^line 3: .*1024/);
  assert.deepEqual((await world.store(everything)).media, []);
});

async function bytesOf(world: ImportWorld, token: string, mediaId: string): Promise<Uint8Array> {
  const response = await fetch(`${world.app.url}/api/media/${mediaId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(response.status, 200);
  return await response.bytes();
}
