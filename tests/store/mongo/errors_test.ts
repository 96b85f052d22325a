import assert from "node:assert/strict";
import { AppError } from "../../../src/core/errors.ts";
import { duplicateIndex, translated } from "../../../src/store/mongo/errors.ts";
import { DuplicateKey } from "../../../src/store/store.ts";

function driverError(fields: { name?: string; code?: number; message?: string; label?: string }) {
  const { label, message, ...rest } = fields;
  return Object.assign(new Error(message), rest, {
    hasErrorLabel: (asked: string) => asked === label,
  });
}

function duplicate(index: string, value = "x") {
  const message = `E11000 duplicate key error collection: db.messages index: ${index} ` +
    `dup key: { clientId: "${value}" }`;
  return driverError({ name: "MongoBulkWriteError", code: 11000, message });
}

Deno.test("translated recognizes a duplicate by its index, whatever its value contains", () => {
  const forged = duplicate("clientId", "index: _id_ dup key: ");
  assert.equal(duplicateIndex(forged), "clientId");
  const error = translated(forged);
  assert.ok(error instanceof DuplicateKey);
  assert.equal(error.key, "clientId");
  assert.equal((translated(duplicate("_id_")) as DuplicateKey).key, "id");
});

Deno.test("translated keeps a duplicate that no caller can cause as a fault", () => {
  const error = duplicate("history");
  assert.equal(translated(error), error);
});

Deno.test("translated makes transient errors unavailable: no server, no primary, no majority, a killed session", () => {
  const passing = [
    driverError({ name: "MongoServerSelectionError" }),
    driverError({ name: "MongoNetworkTimeoutError" }),
    driverError({ name: "MongoServerError", code: 10107 }),
    driverError({ name: "MongoWriteConcernError", code: 64 }),
    driverError({ name: "MongoServerError", code: 11601 }),
    driverError({ name: "MongoServerError", label: "TransientTransactionError" }),
    driverError({ name: "MongoServerError", label: "RetryableWriteError" }),
  ];
  for (const error of passing) {
    const seen = translated(error);
    assert.ok(seen instanceof AppError, error.name);
    assert.equal(seen.code, "unavailable");
    assert.equal(seen.cause, error);
  }
});

Deno.test("translated makes a full disk of the database unavailable, as SQLite's is", () => {
  const full = [
    driverError({ name: "MongoServerError", code: 14031, message: "available disk space is low" }),
    driverError({ name: "MongoServerError", code: 8, message: "28: No space left on device" }),
    driverError({
      name: "MongoBulkWriteError",
      code: 1,
      message: 'WiredTiger error: WtError { code: 28, message: "No space left on device" }',
    }),
    driverError({
      name: "MongoServerError",
      code: 1,
      message: "WT_PANIC: WiredTiger library panic",
    }),
  ];
  for (const error of full) {
    const seen = translated(error);
    assert.ok(seen instanceof AppError, error.message);
    assert.deepEqual([seen.code, seen.cause], ["unavailable", error]);
  }
});

Deno.test("translated returns other errors unchanged", () => {
  for (const error of [driverError({ name: "MongoServerError", code: 2 }), new Error("ours")]) {
    assert.equal(translated(error), error);
  }
});
