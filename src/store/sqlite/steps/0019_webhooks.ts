import type { SchemaStep } from "./step.ts";

/**
 * Endpoints of webhooks, the events on their way to them, and documents that administrators keep. A
 * delivery is written with each change that an endpoint subscribes to, so it has one index beside
 * its key, which it leaves once it was sent.
 */
export const step: SchemaStep = `
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  events TEXT NOT NULL,
  batchSize INTEGER NOT NULL,
  secrets TEXT NOT NULL,
  status TEXT NOT NULL,
  pauseReason TEXT,
  failingSince INTEGER,
  createdBy TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  updatedAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
  webhookId TEXT NOT NULL,
  deliveryId TEXT NOT NULL,
  lane TEXT NOT NULL,
  position INTEGER NOT NULL,
  events TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  createdAt INTEGER NOT NULL,
  dueAt INTEGER,
  answer TEXT,
  PRIMARY KEY (webhookId, deliveryId)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_pending
  ON webhook_deliveries (webhookId, lane, position, deliveryId) WHERE dueAt IS NOT NULL;

CREATE TABLE settings (
  id TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updatedBy TEXT NOT NULL,
  updatedAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
