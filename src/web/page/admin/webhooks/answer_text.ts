import type { Output } from "../../../../client/mod.ts";
import { i } from "../../texts/integrations/integrations.ts";

/** Says what an endpoint answered. */
export function answerText(
  { status, durationMs, error }: Output<"admin.testWebhook">,
): string {
  return status === null ? i().notAnswered(error ?? "") : i().answered(status, durationMs);
}
