import { signal } from "@preact/signals";
import { type ChatClient, ChatError } from "../../../client/mod.ts";
import { enter, newClient, signedIn } from "../state/session.ts";
import { openSettings } from "../state/settings_view.ts";
import { showToast } from "../state/toast.ts";
import { faultText } from "../texts/fault_text.ts";
import { t } from "../texts/texts.ts";
import { type Provider, providerName } from "./providers.ts";

const KEY = "realtimechat.provider";

/** Kept in this tab while the person is at the provider. */
interface Departure {
  provider: Provider;
  state: string;
  purpose: "signIn" | "link" | "prove";
  /** For a new account, where the provider gives no address. */
  email?: string;
  /** For a new account, where the provider gives the name to this page only. */
  displayName?: string;
}

/** Parameters of the address by which a provider sends the person back. */
interface Proof {
  code: string;
  state: string;
  /** The provider, as it names itself. */
  iss?: string;
}

/** The missing proof or detail before a person who is back from a provider is signed in. */
export const returned = signal<{ challenge: string } | { noEmailBy: Provider } | null>(null);

/** A provider to be linked, by a person who is just back from it. */
export const toLink = signal<Proof & { provider: Provider } | null>(null);

/**
 * Returns the address to send the person to; the server keeps nonce and PKCE verifier for the way
 * back.
 */
export async function begin(
  client: ChatClient,
  { provider, ...departure }: Omit<Departure, "state">,
): Promise<string> {
  const redirectUri = `${location.origin}/`;
  const { url, state } = await client.call("auth.oauthStart", { provider, redirectUri });
  sessionStorage.setItem(KEY, JSON.stringify({ ...departure, provider, state }));
  return url;
}

/** To sign in once more while signed in: the new session is a recent proof of identity. */
export async function beginProof(provider: Provider): Promise<string> {
  // The state of a signed-in client would work for linking only.
  return await begin(await newClient(), { provider, purpose: "prove" });
}

/** Goes on with what the person left for, with what the provider put into the address. */
export async function finish(): Promise<void> {
  const query = new URLSearchParams(location.search);
  const stored = sessionStorage.getItem(KEY);
  if (stored === null || !query.has("state")) return;
  sessionStorage.removeItem(KEY);
  history.replaceState(null, "", "/");
  const departure = JSON.parse(stored) as Departure;
  const [code, { state }] = [query.get("code"), departure];
  const [iss, displayName] = [query.get("iss"), query.get("name")]
    .map((text) => text ?? undefined);
  // Another state is somebody else's sign-in, put into this browser.
  if (code === null || query.get("state") !== state) {
    return showToast(t().providerFailed(providerName(departure.provider)));
  }
  try {
    await goOn({ ...departure, displayName }, { code, state, iss });
  } catch (error) {
    showToast(faultText(error));
  }
}

async function goOn(
  { provider, purpose, email, displayName }: Departure,
  proof: Proof,
): Promise<void> {
  const app = signedIn.peek();
  if (purpose === "signIn" && !app) {
    return await signInBy(provider, { ...proof, email, displayName });
  }
  if (!app || purpose === "signIn") return;
  openSettings.value = "account";
  if (purpose === "link") toLink.value = { provider, ...proof };
  else await (await import("./renewed_session.ts")).renewSession(app, provider, proof);
}

async function signInBy(
  provider: Provider,
  proof: Proof & Pick<Departure, "email" | "displayName">,
): Promise<void> {
  const client = await newClient();
  try {
    const answer = await client.call("auth.oidc", { provider, ...proof });
    if ("twoFactorRequired" in answer) returned.value = { challenge: answer.challenge };
    else {
      await client.useSession(answer);
      enter(client);
    }
  } catch (error) {
    if (!asksForEmail(error)) throw error;
    returned.value = { noEmailBy: provider };
  }
}

function asksForEmail(error: unknown): boolean {
  return error instanceof ChatError && error.code === "invalid_request" &&
    error.errors.some(({ path }) => path === "email");
}
