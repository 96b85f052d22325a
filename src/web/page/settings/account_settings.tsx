import { ChangeEmail } from "./change_email.tsx";
import { ChangePassword } from "./change_password.tsx";
import { ChangeUsername } from "./change_username.tsx";
import { LinkedProviders } from "./linked_providers.tsx";

/** Everything that the person signs in with. */
export function AccountSettings() {
  return (
    <>
      <ChangeUsername />
      <ChangeEmail />
      <ChangePassword />
      <LinkedProviders />
    </>
  );
}
