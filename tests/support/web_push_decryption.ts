import { createDecipheriv, createECDH, type ECDH, hkdfSync } from "node:crypto";
import { Buffer } from "node:buffer";

/**
 * The browser's side of RFC 8291, written on `node:crypto` and from the RFC alone, so that it
 * shares neither code nor mistakes with the sender's side on Web Crypto.
 */
export class BrowserKeys {
  private constructor(private readonly ecdh: ECDH, private readonly authSecret: Buffer) {}

  static generate(): BrowserKeys {
    const ecdh = createECDH("prime256v1");
    ecdh.generateKeys();
    return new BrowserKeys(ecdh, Buffer.from(crypto.getRandomValues(new Uint8Array(16))));
  }

  static from(privateKey: string, auth: string): BrowserKeys {
    const ecdh = createECDH("prime256v1");
    ecdh.setPrivateKey(Buffer.from(privateKey, "base64url"));
    return new BrowserKeys(ecdh, Buffer.from(auth, "base64url"));
  }

  get p256dh(): string {
    return this.ecdh.getPublicKey().toString("base64url");
  }

  get auth(): string {
    return this.authSecret.toString("base64url");
  }

  /** Throws for everything that a browser discards by RFC 8188 or RFC 8291. */
  decrypt(message: Uint8Array): string {
    const body = Buffer.from(message);
    const salt = body.subarray(0, 16);
    const recordSize = body.readUInt32BE(16);
    const keyLength = body.readUInt8(20);
    if (keyLength !== 65) throw new Error(`The key id has ${keyLength} bytes, not 65`);
    const senderKey = body.subarray(21, 86);
    const record = body.subarray(86);
    if (record.length > recordSize) throw new Error("There is more than one record");
    const { key, nonce } = this.contentKey(senderKey, salt);
    return withoutPadding(open(record, key, nonce));
  }

  private contentKey(senderKey: Buffer, salt: Buffer): { key: Buffer; nonce: Buffer } {
    const shared = this.ecdh.computeSecret(senderKey);
    const info = Buffer.concat([
      Buffer.from("WebPush: info\0"),
      this.ecdh.getPublicKey(),
      senderKey,
    ]);
    const secret = Buffer.from(hkdfSync("sha256", shared, this.authSecret, info, 32));
    const derive = (name: string, length: number) =>
      Buffer.from(hkdfSync("sha256", secret, salt, `Content-Encoding: ${name}\0`, length));
    return { key: derive("aes128gcm", 16), nonce: derive("nonce", 12) };
  }
}

function open(record: Buffer, key: Buffer, nonce: Buffer): Buffer {
  const decipher = createDecipheriv("aes-128-gcm", key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  return Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
}

function withoutPadding(padded: Buffer): string {
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== 2) throw new Error("The last record does not end in the delimiter 2");
  return new TextDecoder("utf-8", { fatal: true }).decode(padded.subarray(0, end));
}
