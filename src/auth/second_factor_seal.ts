import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { AccountChanges } from "./account_changes.ts";
import type { ResealReport } from "./reseal_report.ts";
import type { SecretBox } from "./secret_box.ts";

export interface ResealOptions {
  box: SecretBox;
  changes: Pick<AccountChanges, "byServer">;
}

const PAGE = 500;

/** Returns the owner of the user's sealed secret. */
export const owner = ({ id }: Pick<User, "id">) => ({ purpose: "totp", userId: id });

/**
 * Seals the secret of the user's second factor under the current key; returns false if it is
 * sealed under that already, or has changed meanwhile. Throws `SealBroken` if no key opens it.
 */
export async function resealSecondFactor(
  { id, totp }: Pick<User, "id" | "totp">,
  { box, changes }: ResealOptions,
): Promise<boolean> {
  const outdated = totp?.sealedSecret;
  if (outdated === undefined) return false;
  const sealedSecret = await box.reseal(outdated, owner({ id }));
  if (sealedSecret === null) return false;
  let isDone = false;
  await changes.byServer(id, ({ user: { totp } }) => {
    isDone = totp?.sealedSecret === outdated;
    return isDone ? { user: { totp: { ...totp!, sealedSecret } } } : {};
  });
  return isDone;
}

/** Reseals the second factors of all users, and reports each. */
export async function resealSecondFactors(
  store: Pick<Store, "rows">,
  options: ResealOptions,
  report: ResealReport,
): Promise<void> {
  let after: string | null = null;
  do {
    const { rows, next } = await store.rows.page("users", after, PAGE);
    for (const user of rows as unknown as User[]) {
      if (user.totp === null) continue;
      const name = `the second factor of ${user.username}`;
      await report.count(name, () => resealSecondFactor(user, options));
    }
    after = next;
  } while (after !== null);
}
