import type { FcmTarget, PushSender, WebPushTarget } from "./sender.ts";

/** Routes each kind of target to its sender. */
export function pushSenderByKind(
  fcm: PushSender<FcmTarget>,
  web: PushSender<WebPushTarget>,
): PushSender {
  return {
    send: (target, push, signal) =>
      target.kind === "fcm" ? fcm.send(target, push, signal) : web.send(target, push, signal),
  };
}
