// ts-mls imports @noble/hashes without declaring the dependency: this adds it to the graph.
import "@noble/hashes/sha2.js";
import {
  type AuthenticationService,
  type Capabilities,
  type CiphersuiteImpl,
  type CiphersuiteName,
  type ClientConfig,
  type Credential,
  defaultKeyPackageEqualityConfig,
  defaultLifetimeConfig,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
} from "ts-mls";
import { fromUtf8, utf8 } from "./encoding.ts";

const SUITE_NAME: CiphersuiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
/** The extension type of a last-resort key package (draft-ietf-mls-extensions; IANA 0x000A). */
export const LAST_RESORT = 0x000a;

/** One device of one user: a leaf of the group. */
export interface Member {
  leafIndex: number;
  userId: string;
  deviceId: string;
  /** Ed25519, 32 bytes. */
  signatureKey: Uint8Array;
}

/** Decides whether the key belongs to the device; false refuses the whole tree or Commit. */
export type CredentialCheck = (device: Omit<Member, "leafIndex">) => boolean | Promise<boolean>;

let loading: Promise<CiphersuiteImpl> | undefined;

/** Cipher suite 1 on Web Crypto, created once. */
export function cipherSuite(): Promise<CiphersuiteImpl> {
  return loading ??= getCiphersuiteImpl(getCiphersuiteFromName(SUITE_NAME));
}

/**
 * Without GREASE values: ts-mls adds them randomly, and a test could not recognize a key package.
 */
export const CAPABILITIES: Capabilities = {
  versions: ["mls10"],
  ciphersuites: [SUITE_NAME],
  extensions: [LAST_RESORT],
  proposals: [],
  credentials: ["basic"],
};

/** The identity that `readCredential` parses, and that the server requires of key packages. */
export function deviceCredential(userId: string, deviceId: string): Credential {
  return { credentialType: "basic", identity: utf8(`${userId}/${deviceId}`) };
}

/** Undefined unless it is a BasicCredential with `<userId>/<deviceId>`. */
export function readCredential(
  credential: Credential,
): { userId: string; deviceId: string } | undefined {
  if (credential.credentialType !== "basic" || !("identity" in credential)) return undefined;
  try {
    const match = /^([^/]+)\/([^/]+)$/.exec(fromUtf8(credential.identity));
    return match ? { userId: match[1], deviceId: match[2] } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Limits how long keys outlive their use: messages of four former epochs, 256 skipped messages of a
 * sender, and at most 2,048 steps forward, which bounds the work that one forged message can cause.
 */
export function clientConfig(isTrusted: CredentialCheck): ClientConfig {
  return {
    keyRetentionConfig: {
      retainKeysForEpochs: 4,
      retainKeysForGenerations: 256,
      maximumForwardRatchetSteps: 2048,
    },
    lifetimeConfig: defaultLifetimeConfig,
    keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
    paddingConfig: { kind: "padUntilLength", padUntilLength: MIN_PADDED },
    authService: authenticationService(isTrusted),
  };
}

const MIN_PADDED = 256;
/** Bytes next to a message inside the padding: lengths, and the signature. */
const FRAMING = 72;

/**
 * Hides the length of a message by the Padmé rule (Nikitin et al., 2019): at most 12% more, and
 * only O(log log n) bits of the length are visible. All messages up to 184 bytes look the same.
 */
export function paddedLength(plaintextLength: number): number {
  const length = plaintextLength + FRAMING;
  if (length <= MIN_PADDED) return MIN_PADDED;
  const exponent = Math.floor(Math.log2(length));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(length / step) * step;
}

function authenticationService(isTrusted: CredentialCheck): AuthenticationService {
  return {
    async validateCredential(credential, signatureKey) {
      const identity = readCredential(credential);
      return identity !== undefined && await isTrusted({ ...identity, signatureKey });
    },
  };
}
