import { useEffect, useState } from "preact/hooks";
import { type ChatClient, ChatError } from "../../../client/mod.ts";
import { admin } from "../texts/admin/admin.ts";
import { faultText } from "../texts/fault_text.ts";

export type AdminAccess = "pending" | "granted" | { refused: string };

/**
 * Asks the server: the role alone does not decide, a missing second factor may stand in the way.
 */
export function useAdminAccess(client: ChatClient): AdminAccess {
  const [access, setAccess] = useState<AdminAccess>("pending");
  useEffect(() => {
    client.call("admin.reports", { limit: 1 }).then(
      () => setAccess("granted"),
      (error) => setAccess({ refused: reasonOf(error) }),
    );
  }, []);
  return access;
}

/**
 * The server names a condition that an administrator does not meet yet; to others it says no more
 * than "no".
 */
function reasonOf(error: unknown): string {
  const isPlain = error instanceof ChatError && error.code === "forbidden" &&
    !error.message.includes(":");
  return isPlain ? admin.t().notAdminText : faultText(error);
}
