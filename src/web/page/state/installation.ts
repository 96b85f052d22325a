import { signal } from "@preact/signals";

/** Chromium's event; other browsers install from their own menu, without the page's help. */
interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

export const installation = signal<"unavailable" | "possible" | "installed">("unavailable");
let offered: InstallPrompt | null = null;

/** Keeps the browser from asking by itself: the settings offer it. */
export function watchInstallation(): void {
  if (matchMedia("(display-mode: standalone)").matches) installation.value = "installed";
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offered = event as InstallPrompt;
    installation.value = "possible";
  });
  addEventListener("appinstalled", () => installation.value = "installed");
}

/** Has the browser ask the person; each offer works once. */
export async function install(): Promise<void> {
  const { outcome } = await offered?.prompt() ?? {};
  offered = null;
  installation.value = outcome === "accepted" ? "installed" : "unavailable";
}
