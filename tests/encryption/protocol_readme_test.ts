import assert from "node:assert/strict";
import { createCipheriv, createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { decryptFile } from "../../src/client/mls/encrypted_file.ts";
import { fileSecretOf } from "../../src/client/mls/file_descriptor.ts";
import { decodeContent } from "../../src/client/mls/message_content.ts";
import { safetyNumber } from "../../src/client/mls/safety_number.ts";

const README = new URL("../../src/encryption/README.md", import.meta.url);

async function examples(): Promise<Record<string, never>[]> {
  const text = await Deno.readTextFile(README);
  return [...text.matchAll(/```json\n([^`]*)```/g)].map(([, json]) => JSON.parse(json));
}

Deno.test("the client reads the contents in the protocol's examples", async () => {
  const shown = await examples();
  assert.deepEqual(shown.map(({ kind }) => kind), ["message", "edit", "delete", "reaction"]);
  for (const { v, ...content } of shown) {
    assert.equal(v, 1);
    const bytes = new TextEncoder().encode(JSON.stringify({ v, ...content }));
    assert.deepEqual(decodeContent(bytes, content.clientId), content);
  }
});

Deno.test("the client decrypts a file encrypted as the protocol describes", async () => {
  const [{ files: [file] }] = await examples() as unknown as { files: never[] }[];
  const { key, noncePrefix } = fileSecretOf(file);
  for (const size of [0, 1, 65_536, 65_537, 200_000]) {
    const plaintext = new Uint8Array(size).map((_, i) => i % 251);
    const chunks = Math.max(1, Math.ceil(size / 65_536));
    const parts: Uint8Array[] = [];
    for (let i = 0; i < chunks; i++) {
      const nonce = Buffer.alloc(12);
      nonce.set(noncePrefix);
      nonce.writeUInt32BE(i, 7);
      nonce[11] = i === chunks - 1 ? 1 : 0;
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const chunk = plaintext.subarray(i * 65_536, (i + 1) * 65_536);
      parts.push(cipher.update(chunk), cipher.final(), cipher.getAuthTag());
    }
    const decrypted = await decryptFile(Buffer.concat(parts), { key, noncePrefix });
    assert.deepEqual(decrypted, plaintext);
  }
});

Deno.test("the safety number is computed as the protocol describes", async () => {
  const people = ["ann", "bob"].map((userId, i) => ({
    userId,
    signatureKeys: [1, 2].map((n) => new Uint8Array(32).fill(10 * (i + 1) - n)),
  }));
  const halves = people.map(({ userId, signatureKeys }) => {
    const keys = Buffer.concat(signatureKeys.toSorted((a, b) => a[0] - b[0]));
    let hash: Buffer = Buffer.concat([Buffer.from([0, 1]), keys, Buffer.from(userId)]);
    for (let i = 0; i < 5_200; i++) {
      hash = createHash("sha512").update(hash).update(keys).digest();
    }
    const groups = [0, 5, 10, 15, 20, 25].map((at) => hash.readUIntBE(at, 5) % 100_000);
    return groups.map((group) => String(group).padStart(5, "0")).join("");
  });
  assert.equal(await safetyNumber(people[0], people[1]), halves.sort().join(""));
});
