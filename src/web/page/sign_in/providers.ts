/** Providers that people can sign in with here; the server writes them into the page. */
export type Provider = "google" | "facebook";

export const PROVIDER_NAMES: Record<Provider, string> = { google: "Google", facebook: "Facebook" };

export function configuredProviders(): Provider[] {
  return offered().filter((name): name is Provider => name in PROVIDER_NAMES);
}

/** False if accounts with a password are not opened on this server. */
export function canRegister(): boolean {
  return !offered().includes("no-registration");
}

function offered(): string[] {
  const content = document.querySelector<HTMLMetaElement>("meta[name=providers]")?.content ?? "";
  return content.split(" ");
}
