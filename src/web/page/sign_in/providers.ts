/** `google`, `facebook`, or a name of the operator's choice. */
export type Provider = string;

/** Providers that people can sign in with here. */
export function configuredProviders(): Provider[] {
  return [...offered().keys()];
}

/** Name to be shown; a provider that is no longer configured may still be linked. */
export function providerName(provider: Provider): string {
  return offered().get(provider) ?? provider[0].toUpperCase() + provider.slice(1);
}

/** False if accounts with a password are not opened on this server. */
export function canRegister(): boolean {
  return !content().includes("no-registration");
}

function offered(): Map<Provider, string> {
  const pairs = content().map((each) => each.split("=")).filter(({ length }) => length === 2);
  return new Map(pairs.map(([provider, name]) => [provider, decodeURIComponent(name)]));
}

/** As the server writes it into the page: `google=Google acme=Acme%20Inc no-registration`. */
function content(): string[] {
  return document.querySelector<HTMLMetaElement>("meta[name=providers]")?.content.split(" ") ?? [];
}
