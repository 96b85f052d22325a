import { onClick } from "./notification_click.ts";
import { onPush } from "./push_message.ts";
import { renewSubscription } from "./renew_subscription.ts";
import { ShellCache } from "./shell_cache.ts";
import { tellTabs } from "./tabs.ts";
import { scope } from "./worker_scope.ts";

/*
 * The service worker of the page: keeps the page for the time without a network, and shows pushes
 * while no tab is open. A new version takes over at once, without disturbing tabs that run an older
 * one: see `ShellCache`.
 */
const cache = new ShellCache(scope.shell);

scope.addEventListener("install", (event) => {
  event.waitUntil(cache.install().then(() => scope.skipWaiting()));
});

scope.addEventListener("activate", (event) => {
  const { entry } = scope.shell;
  event.waitUntil(
    Promise.all([cache.deleteUnused(), scope.clients.claim()])
      .then(() => tellTabs({ kind: "version", entry })),
  );
});

scope.addEventListener("fetch", (event) => cache.respond(event));
scope.addEventListener("push", (event) => event.waitUntil(onPush(event.data?.json())));
scope.addEventListener("notificationclick", (event) => {
  event.waitUntil(onClick(event.notification));
});
scope.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renewSubscription(event));
});
