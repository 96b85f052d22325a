/** Providers that people can sign in with here; the server writes them into the page. */
export type Provider = "google" | "facebook";

export const PROVIDER_NAMES: Record<Provider, string> = { google: "Google", facebook: "Facebook" };

export function configuredProviders(): Provider[] {
  const content = document.querySelector<HTMLMetaElement>("meta[name=providers]")?.content ?? "";
  return content.split(" ").filter((name): name is Provider => name in PROVIDER_NAMES);
}
