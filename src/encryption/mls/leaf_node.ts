import { type Bytes, concat } from "../../core/bytes.ts";
import { SIGNATURE_KEY_LENGTH, verifyWithLabel } from "./labelled_crypto.ts";
import { malformed, type TlsReader } from "./tls_reader.ts";
import { opaque, uint32 } from "./tls_writer.ts";

/** A member's leaf in the tree (RFC 9420, section 7.2). */
export interface LeafNode {
  encryptionKey: Bytes;
  signatureKey: Bytes;
  /** The identity in its BasicCredential, as bytes; no other type of credential is accepted. */
  identity: Bytes;
  capabilities: Capabilities;
  source: LeafNodeSource;
  extensions: Extension[];
  signature: Bytes;
  /** The whole leaf as sent, and its part of LeafNodeTBS. */
  encoded: Bytes;
  toBeSigned: Bytes;
}

export interface Capabilities {
  versions: number[];
  cipherSuites: number[];
  extensions: number[];
  proposals: number[];
  credentials: number[];
}

/** Seconds since 1970. */
export interface Lifetime {
  notBefore: bigint;
  notAfter: bigint;
}

export type LeafNodeSource =
  | { kind: "key_package"; lifetime: Lifetime }
  | { kind: "update" }
  | { kind: "commit"; parentHash: Bytes };

export interface Extension {
  type: number;
  data: Bytes;
}

/** RFC 9420, section 17.3; last_resort: draft-ietf-mls-extensions, registered by IANA. */
export const EXTENSION = {
  ratchetTree: 0x0002,
  requiredCapabilities: 0x0003,
  externalPub: 0x0004,
  externalSenders: 0x0005,
  lastResort: 0x000a,
} as const;

export const MLS10 = 1;
export const CIPHER_SUITE = 0x0001;
const BASIC_CREDENTIAL = 0x0001;

export function readLeafNode(reader: TlsReader): LeafNode {
  const start = reader.offset;
  const encryptionKey = reader.opaque("leaf_node.encryption_key");
  const signatureKey = reader.opaque("leaf_node.signature_key");
  if (signatureKey.length !== SIGNATURE_KEY_LENGTH) {
    throw malformed("leaf_node.signature_key", `it has ${signatureKey.length} bytes, not 32`);
  }
  const identity = readCredential(reader);
  const capabilities = readCapabilities(reader);
  const source = readSource(reader);
  const extensions = readExtensions(reader, "leaf_node.extensions");
  const toBeSigned = reader.since(start);
  const signature = reader.opaque("leaf_node.signature");
  const encoded = reader.since(start);
  return {
    encryptionKey,
    signatureKey,
    identity,
    capabilities,
    source,
    extensions,
    signature,
    encoded,
    toBeSigned,
  };
}

export function readExtensions(reader: TlsReader, field: string): Extension[] {
  const extensions = reader.vector(field, (each) => ({
    type: each.uint16(`${field}.extension_type`),
    data: each.opaque(`${field}.extension_data`),
  }));
  if (new Set(extensions.map(({ type }) => type)).size < extensions.length) {
    throw malformed(field, "an extension is there twice");
  }
  return extensions;
}

/**
 * `place` is the position of the leaf: LeafNodeTBS holds it for every source except key_package.
 */
export function verifyLeafNode(
  leaf: LeafNode,
  place: { groupId: Bytes; leafIndex: number },
): Promise<boolean> {
  const tbs = leaf.source.kind === "key_package"
    ? leaf.toBeSigned
    : concat(leaf.toBeSigned, opaque(place.groupId), uint32(place.leafIndex));
  return verifyWithLabel(leaf.signatureKey, "LeafNodeTBS", tbs, leaf.signature);
}

/**
 * Requires the capabilities that this service needs, and that the leaf lists every extension it
 * uses.
 */
export function checkCapabilities(leaf: LeafNode, field: string): void {
  const { versions, cipherSuites, credentials, extensions } = leaf.capabilities;
  if (!versions.includes(MLS10)) throw malformed(`${field}.versions`, "mls10 is not among them");
  if (!cipherSuites.includes(CIPHER_SUITE)) {
    throw malformed(`${field}.cipher_suites`, "suite 1 is not among them");
  }
  if (!credentials.includes(BASIC_CREDENTIAL)) {
    throw malformed(`${field}.credentials`, "basic is not among them");
  }
  const missing = leaf.extensions.find(({ type }) => type > 5 && !extensions.includes(type));
  if (missing) throw malformed(`${field}.extensions`, `${missing.type} is used but not among them`);
}

function readCredential(reader: TlsReader): Bytes {
  const type = reader.uint16("credential.credential_type");
  if (type !== BASIC_CREDENTIAL) {
    throw malformed("credential.credential_type", `${type} is not basic (1)`);
  }
  return reader.opaque("credential.identity");
}

function readCapabilities(reader: TlsReader): Capabilities {
  const list = (name: string) =>
    reader.vector(`capabilities.${name}`, (each) => each.uint16(`capabilities.${name}`));
  return {
    versions: list("versions"),
    cipherSuites: list("cipher_suites"),
    extensions: list("extensions"),
    proposals: list("proposals"),
    credentials: list("credentials"),
  };
}

function readSource(reader: TlsReader): LeafNodeSource {
  const source = reader.uint8("leaf_node.leaf_node_source");
  switch (source) {
    case 1: {
      const notBefore = reader.uint64("lifetime.not_before");
      return {
        kind: "key_package",
        lifetime: { notBefore, notAfter: reader.uint64("lifetime.not_after") },
      };
    }
    case 2:
      return { kind: "update" };
    case 3:
      return { kind: "commit", parentHash: reader.opaque("leaf_node.parent_hash") };
    default:
      throw malformed("leaf_node.leaf_node_source", `${source} is not 1, 2 or 3`);
  }
}
