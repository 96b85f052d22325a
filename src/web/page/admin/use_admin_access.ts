import { useEffect, useState } from "preact/hooks";
import type { ChatClient } from "../../../client/mod.ts";
import { faultText } from "../texts/fault_text.ts";

export type AdminAccess = "pending" | "granted" | { refused: string };

/** Asks the server: the role alone does not decide, a missing second factor may stand in the way. */
export function useAdminAccess(client: ChatClient): AdminAccess {
  const [access, setAccess] = useState<AdminAccess>("pending");
  useEffect(() => {
    client.call("admin.reports", { limit: 1 }).then(
      () => setAccess("granted"),
      (error) => setAccess({ refused: faultText(error) }),
    );
  }, []);
  return access;
}
