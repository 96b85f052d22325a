import { t } from "../texts/texts.ts";
import { useApp } from "./context.ts";

/** Says that there is no connection; at the very start there is nothing to say yet. */
export function ConnectionBanner() {
  const app = useApp();
  const isOffline = app.isOffline.value;
  const isShown = isOffline || (app.connection.value === "connecting" && app.hasInbox.value);
  return (
    <div
      id="connection"
      role="status"
      data-state={isOffline ? "offline" : "connecting"}
      hidden={!isShown}
    >
      {isShown && (isOffline ? t().offline : t().connecting)}
    </div>
  );
}
