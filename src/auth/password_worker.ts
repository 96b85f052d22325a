/// <reference lib="deno.worker" />
import { createHash } from "node:crypto";
import bcrypt from "bcryptjs";

/** One job at a time: the pool waits for the result before it sends the next. */
export type HashJob =
  | { type: "hash"; password: string; cost: number }
  | { type: "verify"; password: string; hash: string };

export type HashResult = { value: string | boolean } | { error: string };

/**
 * bcrypt reads 72 bytes and stops at a NUL. The SHA-256 of the password in base64 is 44 characters
 * without a NUL, so that every byte of a password counts, however long it is.
 */
function prepared(password: string): string {
  return createHash("sha256").update(password.normalize("NFKC")).digest("base64");
}

function run(job: HashJob): string | boolean {
  const password = prepared(job.password);
  return job.type === "hash"
    ? bcrypt.hashSync(password, job.cost)
    : bcrypt.compareSync(password, job.hash);
}

self.onmessage = ({ data }: MessageEvent<HashJob>) => {
  let result: HashResult;
  try {
    result = { value: run(data) };
  } catch (error) {
    result = { error: String(error) };
  }
  self.postMessage(result);
};
