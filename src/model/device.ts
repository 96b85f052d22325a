/** A device that takes part in encrypted chats: a leaf of their MLS groups. */
export interface Device {
  id: string;
  userId: string;
  /** Name given by its owner. */
  name: string;
  /** Ed25519, 32 bytes in base64url. It never changes: another key is another device. */
  signatureKey: string;
  createdAt: number;
}

/** A key package (RFC 9420, section 10), needed to add a device to a group. Handed out once. */
export interface StoredKeyPackage {
  /** Its KeyPackageRef (RFC 9420, section 5.2) in base64url, so that an upload can be repeated. */
  id: string;
  deviceId: string;
  /** As uploaded, in base64url. */
  keyPackage: string;
  /** Handed out repeatedly if no other is left; a device has at most one. */
  isLastResort: boolean;
  /** Also when its lifetime ends: it would be useless then. */
  expiresAt: number;
  createdAt: number;
}
