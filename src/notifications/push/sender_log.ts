import type { Log } from "../../core/log.ts";
import { fitPush } from "./content.ts";
import type { PushSender } from "./sender.ts";

/**
 * The default if no push service is configured: each push becomes a log line. Message text is
 * written at level debug only, because a log outlives deleted messages.
 */
export function logPushSender(log: Log): PushSender {
  return {
    send(target, push) {
      const fitted = fitPush(push);
      if (typeof fitted === "string") {
        return Promise.resolve({ outcome: "rejected", reason: fitted });
      }
      const { collapseKey, alert, badge, data } = fitted;
      log.info("A push would be sent", { kind: target.kind, collapseKey, badge, data });
      if (alert) log.debug("The push would show", { ...alert });
      return Promise.resolve({ outcome: "delivered" });
    },
  };
}
