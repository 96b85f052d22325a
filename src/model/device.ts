/** A device that takes part in encrypted chats: a leaf of their MLS groups. */
export interface Device {
  id: string;
  userId: string;
  /** What its owner calls it. */
  name: string;
  /** Ed25519, 32 bytes in base64url. It never changes: another key is another device. */
  signatureKey: string;
  createdAt: number;
}

/** What someone needs to add a device to a group (RFC 9420, section 10). Handed out once. */
export interface StoredKeyPackage {
  /** Its KeyPackageRef (RFC 9420, section 5.2) in base64url, so that an upload can be repeated. */
  id: string;
  deviceId: string;
  /** As it was uploaded, in base64url. */
  keyPackage: string;
  /** Handed out again and again, when there is no other; a device has one at most. */
  isLastResort: boolean;
  /** Also when its lifetime ends: nobody could use it then. */
  expiresAt: number;
  createdAt: number;
}
