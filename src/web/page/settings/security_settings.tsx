import { ChangePassword } from "./change_password.tsx";
import { SecondFactor } from "./second_factor.tsx";
import { Sessions } from "./sessions.tsx";

export function SecuritySettings() {
  return (
    <>
      <ChangePassword />
      <SecondFactor />
      <Sessions />
    </>
  );
}
