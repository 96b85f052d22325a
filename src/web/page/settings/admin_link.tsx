import { useApp } from "../app/context.ts";
import { MoreIcon } from "../components/more_icon.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { openSettings } from "../state/settings_view.ts";
import { account } from "../texts/account/account.ts";

/** Leads administrators to their view. */
export function AdminLink() {
  const app = useApp();
  const [isAdmin] = useLoaded(() => isAdministrator(app));
  if (!isAdmin) return null;
  return (
    <a class="admin-link" href="#admin" onClick={() => openSettings.value = null}>
      <MoreIcon name="flag" />
      {account.t().administration}
    </a>
  );
}

/**
 * The profile shows the role. Whether an address is listed in ADMIN_EMAILS, only the server knows;
 * that counts for accounts with a confirmed address and a second factor, which are few.
 */
async function isAdministrator({ client, me }: SignedIn): Promise<boolean> {
  const profile = me.peek();
  if (profile?.role === "admin") return true;
  if (!profile?.twoFactorEnabled || profile.emailVerifiedAt === null) return false;
  return await client.call("admin.reports", { limit: 1 }).then(() => true, () => false);
}
