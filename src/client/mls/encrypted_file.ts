import { concat } from "../../core/bytes.ts";
import type { Bytes } from "./encoding.ts";
import { MlsClientError } from "./mls_client_error.ts";

/** The part of a file that the message carries; the server has only the ciphertext. */
export interface FileSecret {
  /** AES-256, new for each file. */
  key: Bytes;
  /** Seven random bytes, the first part of each nonce. */
  noncePrefix: Bytes;
}

/** Plaintext bytes of a chunk; its ciphertext is 16 bytes longer. */
export const CHUNK_SIZE = 64 * 1024;
const TAG_SIZE = 16;

/**
 * Returns a new key for one file.
 *
 * ```ts ignore
 * import { decryptFile, encryptFile, generateFileSecret } from "realtimechat-client/encryption";
 *
 * const secret = generateFileSecret();
 * const ciphertext = await encryptFile(new TextEncoder().encode("Hello"), secret);
 * const plaintext = await decryptFile(ciphertext, secret);
 * assert.equal(new TextDecoder().decode(plaintext), "Hello");
 * ```
 */
export function generateFileSecret(): FileSecret {
  return {
    key: crypto.getRandomValues(new Uint8Array(32)),
    noncePrefix: crypto.getRandomValues(new Uint8Array(7)),
  };
}

/**
 * STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over AES-256-GCM: the nonce of each chunk
 * is the prefix, its number in 32 bits, and whether it is the last. So a file of any size is read
 * in chunks while it arrives, and one that is cut off, reordered or extended does not decrypt.
 * There is always a last chunk, even if it is empty.
 */
function encryptStream(secret: FileSecret): TransformStream<Uint8Array, Bytes> {
  return chunked(CHUNK_SIZE, async (chunk, number, isLast) => {
    const cipher = { name: "AES-GCM", iv: nonce(secret, number, isLast) };
    const key = await importKey(secret);
    return new Uint8Array(await crypto.subtle.encrypt(cipher, key, chunk));
  });
}

/**
 * Decrypted chunks are authentic, but the file is complete only when the stream ends without an
 * error.
 */
export function decryptStream(secret: FileSecret): TransformStream<Uint8Array, Bytes> {
  return chunked(CHUNK_SIZE + TAG_SIZE, async (chunk, number, isLast) => {
    const cipher = { name: "AES-GCM", iv: nonce(secret, number, isLast) };
    try {
      const key = await importKey(secret);
      return new Uint8Array(await crypto.subtle.decrypt(cipher, key, chunk));
    } catch (error) {
      throw new MlsClientError(
        "unreadable",
        `Decrypt a file: chunk ${number} is not as sent`,
        error,
      );
    }
  });
}

export function encryptFile(plaintext: Uint8Array, secret: FileSecret): Promise<Bytes> {
  return through(plaintext, encryptStream(secret));
}

/** Throws `unreadable` unless it is exactly the file that was encrypted under that secret. */
export function decryptFile(ciphertext: Uint8Array, secret: FileSecret): Promise<Bytes> {
  return through(ciphertext, decryptStream(secret));
}

type ChunkCipher = (chunk: Bytes, number: number, isLast: boolean) => Promise<Bytes>;

/**
 * Cuts the stream into chunks of `size`. A full one is held back until it is known whether it is
 * the last.
 */
function chunked(size: number, cipher: ChunkCipher): TransformStream<Uint8Array, Bytes> {
  const held = new Uint8Array(size);
  let length = 0;
  let number = 0;
  return new TransformStream({
    async transform(part, controller) {
      for (let at = 0; at < part.length;) {
        if (length === size) {
          controller.enqueue(await cipher(held, number++, false));
          length = 0;
        }
        const taken = part.subarray(at, at + size - length);
        held.set(taken, length);
        length += taken.length;
        at += taken.length;
      }
    },
    async flush(controller) {
      controller.enqueue(await cipher(held.slice(0, length), number, true));
    },
  });
}

function nonce({ noncePrefix }: FileSecret, number: number, isLast: boolean): Bytes {
  if (number > 0xffffffff) throw new RangeError("A file has at most 2^32 chunks");
  const counter = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
  return concat(noncePrefix, counter, Uint8Array.of(isLast ? 1 : 0));
}

const imported = new WeakMap<FileSecret, Promise<CryptoKey>>();

function importKey(secret: FileSecret): Promise<CryptoKey> {
  let key = imported.get(secret);
  if (!key) {
    key = crypto.subtle.importKey("raw", secret.key, "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(secret, key);
  }
  return key;
}

async function through(
  bytes: Uint8Array,
  transform: TransformStream<Uint8Array, Bytes>,
): Promise<Bytes> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const parts: Bytes[] = [];
  const reader = source.pipeThrough(transform).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
  }
  return concat(...parts);
}
