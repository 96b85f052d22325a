import { effect } from "@preact/signals";
import { signedIn } from "../state/session.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { keepAppBadge } from "./app_badge.ts";
import { DesktopAlerts } from "./desktop_alerts.ts";
import { forgetDevice } from "./forget_device.ts";
import { takeUpPush } from "./push_switch.ts";
import { countNotifications } from "./unread_notifications.ts";

/**
 * Counts, shows and takes back notifications for each person who is signed in. With the session end
 * the pushes to this browser, also where it was ended while no tab was open.
 */
export function startNotifications(): void {
  let stop = () => {};
  effect(() => {
    const app = signedIn.value;
    stop();
    stop = app ? startFor(app) : () => {};
    if (app === null) forgetDeviceSafely();
  });
}

function forgetDeviceSafely(): void {
  forgetDevice().catch((error) => console.warn("Ending the pushes to this browser failed:", error));
}

function startFor(app: SignedIn): () => void {
  const alerts = new DesktopAlerts(app);
  const stops = [countNotifications(app), keepAppBadge(app), () => alerts.stop()];
  const takeUp = () => {
    takeUpPush(app).catch((error) => console.warn("Subscribing to pushes failed:", error));
  };
  let isTakenUp = false;
  stops.push(effect(() => {
    if (app.connection.value !== "online" || isTakenUp) return;
    isTakenUp = true;
    takeUp();
  }));
  return () => stops.forEach((each) => each());
}
