import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { operation } from "../operation.ts";

const counted = (about: string) => z.int().describe(about);

const day = lazy(() =>
  z.iso.date().refine((value) => value >= "1970" && value < "9999", "must be a day after 1970")
    .meta({ id: "Day", description: "A day in UTC", examples: ["2026-01-31"] })
);

const DayView = lazy(() =>
  z.object({
    day: day(),
    peopleActive: counted("People who have requested something, each once"),
    peopleNew: counted("Accounts that were opened"),
    messages: counted("Messages that were sent"),
    files: counted("Files in these messages"),
    fileBytes: counted("Bytes of these files"),
    chats: counted("Chats that were created"),
    pushesSent: counted("Pushes that a push service accepted"),
    pushesFailed: counted("Attempts that it did not accept"),
    webhooksDelivered: counted("Webhooks that an endpoint accepted"),
    webhooksFailed: counted("Attempts that it did not accept"),
  }).meta({ id: "DayStatistics" })
);

export const readStatistics = operation({
  name: "admin.statistics",
  summary: "Figures by day in UTC, and what is stored now",
  description:
    "Every instance adds its figures every 10 seconds: one that is killed loses as many. What an " +
    "import writes does not count. The totals are up to a minute old.",
  tag: "Administration",
  access: "admin",
  scope: "admin:read",
  limit: "read",
  input: () =>
    z.strictObject({
      from: day().optional().describe("30 days up to `to` if left out; at most 366 days"),
      to: day().optional().describe("Today if left out"),
    }),
  output: () =>
    z.strictObject({
      days: z.array(DayView()).describe("Every day of the range, in order"),
      totals: z.object({
        people: counted("Accounts that are not erased"),
        chats: counted("Chats"),
        storageBytes: counted("Bytes of all uploads"),
      }),
    }),
  rest: { method: "GET", path: "/admin/statistics" },
});
