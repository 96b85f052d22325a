import { hasNewVersion } from "../state/new_version.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { t } from "../texts/texts.ts";

/** Leaves the choice of the moment to the person, who may be writing; drafts outlive the reload. */
export function UpdateNotice() {
  const texts = notifications.t();
  return (
    <div class="notice" role="status">
      <span>{texts.newVersion}</span>
      <button type="button" class="link-button" onClick={() => location.reload()}>
        {t().reload}
      </button>
      <button type="button" class="link-button" onClick={() => hasNewVersion.value = false}>
        {texts.later}
      </button>
    </div>
  );
}
