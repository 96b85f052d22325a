import assert from "node:assert/strict";
import { AppError } from "../../../src/core/errors.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { accepts, ChildServer } from "../../support/child_server.ts";
import { freePort } from "../../support/free_port.ts";
import { requireService } from "../../support/services.ts";
import { skipWithout } from "../../support/skip.ts";
import { TempDir } from "../../support/temp_dir.ts";

Deno.test("openMongoStore names a malformed MONGODB_URI without its password", async () => {
  const malformed = [
    "",
    "postgres://me:secret@host/db",
    "mongodb://",
    "mongodb://me:secret@",
    "mongodb://me:secret%zz@host",
    "mongodb://me:secret@host:port",
    "mongodb://me:secret@host/db?w=majority&w=1&readPreference=nowhere",
  ];
  for (const uri of malformed) {
    await assert.rejects(openMongoStore({ uri }), (error: Error) => {
      assert.match(
        error.message,
        /^Cannot connect to MongoDB: MONGODB_URI is not a connection string/,
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

Deno.test("openMongoStore is unavailable, with the address, if no server responds", async () => {
  const address = `127.0.0.1:${freePort()}`;
  await assert.rejects(
    openMongoStore({ uri: `mongodb://me:secret@${address}/db?serverSelectionTimeoutMS=300` }),
    (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, "unavailable");
      assert.match(error.message, new RegExp(`MongoDB at ${address} failed`));
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});

Deno.test({
  name: "openMongoStore refuses a server that is no replica set, and says what to do",
  ignore: skipWithout("mongodb"),
  fn: async () => {
    const program = requireService("mongodb");
    await using folder = await TempDir.make("standalone");
    const { server, port } = await ChildServer.startOnFreePort((port) => ({
      program,
      args: [
        "--standalone",
        "--port",
        String(port),
        "--storage-path",
        folder.join("db"),
        "--cache-size",
        "64M",
        "--log-file-max",
        "16MB",
      ],
      cwd: folder.path,
      ready: () => accepts(port),
    }));
    await using _server = server;
    const opening = openMongoStore({ uri: `mongodb://127.0.0.1:${port}/db` });
    await assert.rejects(opening, /transactions need a replica set.*--replSet/);
  },
});
