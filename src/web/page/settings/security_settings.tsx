import { OwnActivity } from "./own_activity.tsx";
import { SecondFactor } from "./second_factor.tsx";
import { Sessions } from "./sessions.tsx";

export function SecuritySettings() {
  return (
    <>
      <SecondFactor />
      <Sessions />
      <OwnActivity />
    </>
  );
}
