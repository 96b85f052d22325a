import { newId } from "../../../src/core/ids.ts";

/** A key package built from RFC 9420, sections 7.2 and 10, with replaceable fields. */
export interface KeyPackageFields {
  version: number;
  suite: number;
  initKey: Uint8Array;
  encryptionKey: Uint8Array;
  signatureKey: Uint8Array;
  credentialType: number;
  identity: string;
  versions: number[];
  suites: number[];
  extensionTypes: number[];
  credentials: number[];
  source: number;
  notBefore: number;
  notAfter: number;
  leafExtensions: [number, Uint8Array][];
  extensions: [number, Uint8Array][];
  leafLabel: string;
  label: string;
}

export const NOW = 1_800_000_000_000;
export const userId = newId();
export const deviceId = newId();
const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
export const signatureKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));

export async function buildKeyPackage(
  changes: Partial<KeyPackageFields> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const f: KeyPackageFields = {
    version: 1,
    suite: 1,
    initKey: new Uint8Array(32).fill(1),
    encryptionKey: new Uint8Array(32).fill(2),
    signatureKey,
    credentialType: 1,
    identity: `${userId}/${deviceId}`,
    versions: [1],
    suites: [1, 0x0a0a],
    extensionTypes: [10],
    credentials: [1],
    source: 1,
    notBefore: NOW / 1000 - 60,
    notAfter: NOW / 1000 + 3600,
    leafExtensions: [],
    extensions: [],
    leafLabel: "MLS 1.0 LeafNodeTBS",
    label: "MLS 1.0 KeyPackageTBS",
    ...changes,
  };
  const leaf = join(
    vec(f.encryptionKey),
    vec(f.signatureKey),
    u16(f.credentialType),
    vec(utf8(f.identity)),
    vec(join(...f.versions.map(u16))),
    vec(join(...f.suites.map(u16))),
    vec(join(...f.extensionTypes.map(u16))),
    vec(join()),
    vec(join(...f.credentials.map(u16))),
    Uint8Array.of(f.source),
    f.source === 1
      ? join(u64(f.notBefore), u64(f.notAfter))
      : f.source === 3
      ? vec(join())
      : join(),
    vec(join(...f.leafExtensions.map(([type, data]) => join(u16(type), vec(data))))),
  );
  const tbs = join(
    u16(f.version),
    u16(f.suite),
    vec(f.initKey),
    leaf,
    vec(await sign(f.leafLabel, leaf)),
    vec(join(...f.extensions.map(([type, data]) => join(u16(type), vec(data))))),
  );
  return join(tbs, vec(await sign(f.label, tbs)));
}

async function sign(label: string, content: Uint8Array): Promise<Uint8Array> {
  const signed = join(vec(utf8(label)), vec(content));
  return new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, signed));
}

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

export function vec(bytes: Uint8Array): Uint8Array {
  const n = bytes.length;
  if (n < 64) return join(Uint8Array.of(n), bytes);
  if (n < 16384) return join(Uint8Array.of(0x40 | n >> 8, n & 255), bytes);
  return join(Uint8Array.of(0x80 | n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255), bytes);
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
