import type { RawRoute } from "../raw_route.ts";

export const EXPORT_ROUTE: RawRoute = {
  method: "GET",
  path: "/api/users/export",
  name: "user.export",
  summary: "All that is stored about the caller, as one JSON document",
  description:
    "Streamed: messages, chats, uploads, sessions, settings and audit entries, without " +
    "the bytes of uploads. Needs an access token, and a recent proof of identity. Counts against the rate " +
    "limit `reset`.",
  tag: "Users",
  access: "session",
  errors: ["reauthentication_required"],
  responses: {
    200: {
      description: "An object with an array for each kind of data",
      content: { "application/json": { schema: { type: "object" } } },
    },
  },
};
