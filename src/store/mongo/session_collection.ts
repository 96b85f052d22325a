import type { Session } from "../../model/session.ts";
import type { Document } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export type SessionDocument = Document<Session>;

export const SESSIONS: CollectionSpec = {
  name: "sessions",
  indexes: [
    { name: "ofUser", key: { userId: 1, lastUsedAt: -1 } },
    { name: "ofUserById", key: { userId: 1, _id: -1 } },
    { name: "expired", key: { expiresAt: 1 } },
    { name: "ended", key: { endedAt: 1 }, partialFilterExpression: { endedAt: { $gt: 0 } } },
  ],
};
