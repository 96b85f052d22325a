import type { Log } from "../../core/log.ts";
import { fitPush } from "./content.ts";
import type { PushSender } from "./sender.ts";

/**
 * The default where no push service is configured: each push is a line in the log. People's words
 * are written at level debug only, for a log outlives the messages that are deleted.
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
