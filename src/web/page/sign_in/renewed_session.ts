import { enter, newClient } from "../state/session.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { type Provider, providerName } from "./providers.ts";

/**
 * Puts a new session, which counts as a recent proof of identity, into the place of the present
 * one.
 */
export async function renewSession(
  app: SignedIn,
  provider: Provider,
  proof: { code: string; state: string; iss?: string },
): Promise<void> {
  await account.load();
  const { items } = await app.client.call("session.list", {});
  const client = await newClient();
  const answer = await client.call("auth.oidc", { provider, ...proof });
  // An account with a second factor proves its identity by a code, and does not come here.
  if ("twoFactorRequired" in answer) return;
  const isSame = answer.user.id === app.client.userId;
  if (!isSame) return showToast(account.t().otherAccount(providerName(provider)));
  await app.close();
  await client.useSession(answer);
  enter(client);
  showToast(account.t().provedAgain);
  const old = items.find(({ current }) => current);
  if (old) await client.call("session.end", { sessionId: old.id });
}
