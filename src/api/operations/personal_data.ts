import type { RawRoute } from "../raw_route.ts";

export const EXPORT_ROUTE: RawRoute = {
  method: "GET",
  path: "/api/users/export",
  name: "user.export",
  summary: "All that is stored about the caller, as one JSON document",
  tag: "Users",
  access: "session",
  responses: {
    200: {
      description: "An object with an array for each kind of data",
      content: { "application/json": { schema: { type: "object" } } },
    },
  },
  errors: ["rate_limited"],
};
