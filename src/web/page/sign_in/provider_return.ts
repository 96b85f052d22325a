import { signal } from "@preact/signals";
import type { ChatClient } from "../../../client/mod.ts";
import { enter } from "../state/session.ts";
import { showToast } from "../state/toast.ts";
import { faultText } from "../texts/fault_text.ts";
import { t } from "../texts/texts.ts";
import { type Provider, PROVIDER_NAMES } from "./providers.ts";

const KEY = "realtimechat.provider";

/** A second factor that the account of a person asks for who is just back from a provider. */
export const returned = signal<{ challenge: string } | null>(null);

/** Returns the address to send the person to; the server keeps nonce and PKCE verifier for the way back. */
export async function begin(client: ChatClient, provider: Provider): Promise<string> {
  const redirectUri = `${location.origin}/`;
  const { url, state } = await client.call("auth.oauthStart", { provider, redirectUri });
  sessionStorage.setItem(KEY, JSON.stringify({ provider, state }));
  return url;
}

/** Signs in a person who is just back from a provider, with what it put into the address. */
export async function finish(newClient: () => Promise<ChatClient>): Promise<void> {
  const query = new URLSearchParams(location.search);
  const stored = sessionStorage.getItem(KEY);
  if (stored === null || !query.has("state")) return;
  sessionStorage.removeItem(KEY);
  history.replaceState(null, "", "/");
  const { provider, state } = JSON.parse(stored) as { provider: Provider; state: string };
  const code = query.get("code");
  // Another state is somebody else's sign-in, put into this browser.
  if (code === null || query.get("state") !== state) {
    return showToast(t().providerFailed(PROVIDER_NAMES[provider]));
  }
  try {
    await exchange(await newClient(), provider, { code, state });
  } catch (error) {
    showToast(faultText(error));
  }
}

async function exchange(
  client: ChatClient,
  provider: Provider,
  proof: { code: string; state: string },
): Promise<void> {
  const answer = await client.call(`auth.${provider}`, proof);
  if ("twoFactorRequired" in answer) returned.value = { challenge: answer.challenge };
  else {
    await client.useSession(answer);
    enter(client);
  }
}
