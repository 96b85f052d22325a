import type { SignedIn } from "../state/signed_in.ts";

/** Keeps the number of unread notifications; returns what stops it. */
export function countNotifications(app: SignedIn): () => void {
  const { client, unreadNotifications: count } = app;
  const fetchCount = async () => {
    count.value = (await client.call("notification.list", { limit: 1 })).unread;
  };
  const onState = () => {
    if (client.state !== "online") return;
    fetchCount().catch((error) => console.warn("Counting notifications failed:", error));
  };
  const stops = [
    client.on("state", onState),
    client.on("notification", () => void count.value++),
    client.on("notification.read", ({ data }) => count.value = data.unread),
    client.on("notification.removed", ({ data }) => count.value = data.unread),
  ];
  onState();
  return () => stops.forEach((stop) => stop());
}
