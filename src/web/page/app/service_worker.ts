import { effect } from "@preact/signals";
import { hasNewVersion } from "../state/new_version.ts";
import { signedIn } from "../state/session.ts";
import type { WorkerMessage } from "../state/worker_message.ts";

/** Minimum milliseconds between two looks for a new version. */
const LOOK_EVERY_MS = 600_000;

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** Has the service worker keep the page, and follows its messages. Pages without TLS have none. */
export async function startServiceWorker(entry: string): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  serviceWorker.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => {
    if (data.kind === "version" && data.entry !== entry) hasNewVersion.value = true;
    if (data.kind === "open") location.hash = data.hash;
  });
  serviceWorker.startMessages();
  try {
    lookForUpdates(await serviceWorker.register(workerUrl(), { updateViaCache: "none" }));
  } catch (error) {
    // Some browsers allow none in private windows; all else works.
    console.warn("Registering the service worker failed:", error);
  }
}

/** The page's policy asks for a trusted type; this is the only one that is made. */
function workerUrl(): string {
  const url = "/service_worker.js";
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const rules = { createScriptURL: (url: string) => url };
  return trustedTypes?.createPolicy("realtimechat", rules).createScriptURL(url) ?? url;
}

/**
 * A tab may be open for weeks. Its connection breaks whenever the server is replaced by a newer
 * one.
 */
function lookForUpdates(registration: ServiceWorkerRegistration): void {
  let lookedAt = performance.now();
  effect(() => {
    const isOnline = signedIn.value?.connection.value === "online";
    if (!isOnline || performance.now() - lookedAt < LOOK_EVERY_MS) return;
    lookedAt = performance.now();
    registration.update().catch(() => {});
  });
}
