import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { flag, page, sessionId, timestamp } from "../fields.ts";
import { operation } from "../operation.ts";

const tag = "Sessions";

const SessionView = lazy(() =>
  z.object({
    id: sessionId,
    deviceName: z.string(),
    userAgent: z.string(),
    address: z.string().describe("Address of its last use"),
    createdAt: timestamp,
    lastUsedAt: timestamp.describe("To the minute"),
    expiresAt: timestamp,
    current: flag.describe("True for the session of this request"),
  }).meta({ id: "Session", description: "A sign-in on one device" })
);

export const listSessions = operation({
  name: "session.list",
  summary: "Where the caller is signed in, most recently used first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => page(SessionView()),
  rest: { method: "GET", path: "/sessions" },
});

export const endSession = operation({
  name: "session.end",
  summary: "End one of the caller's sessions and close its sockets",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ sessionId }),
  output: null,
  rest: { method: "DELETE", path: "/sessions/:sessionId", status: 204 },
  errors: ["not_found"],
});

export const endOtherSessions = operation({
  name: "session.endOthers",
  summary: "End all of the caller's sessions but this one",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({}),
  output: () => z.strictObject({ ended: z.int() }),
  rest: { method: "DELETE", path: "/sessions" },
});
