import type { SchemaStep } from "./step.ts";

/** End-to-end encryption: devices with their keys, and the ordered state of their groups. */
export const step: SchemaStep = `
CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  userId TEXT NOT NULL,
  name TEXT NOT NULL,
  signatureKey TEXT NOT NULL,
  createdAt INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_of_user ON devices (userId, id);

CREATE TABLE key_packages (
  id TEXT PRIMARY KEY,
  deviceId TEXT NOT NULL,
  keyPackage TEXT NOT NULL,
  isLastResort INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  createdAt INTEGER NOT NULL
) STRICT;
CREATE INDEX key_packages_of_device ON key_packages (deviceId, isLastResort, createdAt, id);
CREATE INDEX key_packages_expiry ON key_packages (expiresAt);

CREATE TABLE handshakes (
  chatId TEXT NOT NULL,
  rev INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  senderId TEXT NOT NULL,
  clientId TEXT NOT NULL,
  message TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  PRIMARY KEY (chatId, rev),
  UNIQUE (chatId, epoch)
) STRICT;

CREATE TABLE group_infos (
  chatId TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  groupInfo TEXT NOT NULL
) STRICT;

CREATE TABLE welcomes (
  id TEXT PRIMARY KEY,
  chatId TEXT NOT NULL,
  userId TEXT NOT NULL,
  deviceId TEXT NOT NULL,
  rev INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  message TEXT NOT NULL,
  createdAt INTEGER NOT NULL
) STRICT;
CREATE INDEX welcomes_for_device ON welcomes (deviceId, id);
`;
