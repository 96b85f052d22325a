import type { FcmTarget, PushSender, WebPushTarget } from "./sender.ts";

/** Each kind of target to its own sender. */
export function pushSenderByKind(
  fcm: PushSender<FcmTarget>,
  web: PushSender<WebPushTarget>,
): PushSender {
  return {
    send: (target, push, signal) =>
      target.kind === "fcm" ? fcm.send(target, push, signal) : web.send(target, push, signal),
  };
}
