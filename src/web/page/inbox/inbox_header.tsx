import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { IconButton } from "../components/icon_button.tsx";
import { lazily } from "../components/lazily.tsx";
import { openSettings } from "../state/settings_view.ts";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { faultText } from "../texts/fault_text.ts";
import { lazilyWithTexts, loadMoreTexts } from "../texts/more.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";

const SearchDialog = lazilyWithTexts(async () => {
  await writing.load();
  return (await import("../search/search_dialog.tsx")).SearchDialog;
});
const SettingsDialog = account.lazily(async () => {
  await loadMoreTexts();
  return (await import("../settings/settings_dialog.tsx")).SettingsDialog;
});

const Bell = notifications.lazily(async () => (await import("../notifications/bell.tsx")).Bell);

const NewChatDialog = lazily(async () =>
  (await import("../dialogs/new_chat_dialog.tsx")).NewChatDialog
);
const NewGroupDialog = lazily(async () =>
  (await import("../dialogs/new_group_dialog.tsx")).NewGroupDialog
);

export type StartDialog = "chat" | "group" | "search";

interface InboxHeaderProps {
  /** The open dialog. */
  dialog: StartDialog | null;
  onDialog(dialog: StartDialog | null): void;
}

export function InboxHeader({ dialog, onDialog }: InboxHeaderProps) {
  const app = useApp();
  const me = app.me.value;
  const name = me ? me.displayName || me.username : "";
  const close = () => onDialog(null);
  const signOut = () => app.signOut().catch((error) => showToast(faultText(error)));
  return (
    <header class="bar">
      {me && (
        <button
          type="button"
          class="heading-button"
          aria-haspopup="dialog"
          title={t().settings}
          onClick={() => openSettings.value = "profile"}
        >
          <Avatar id={me.id} name={name} mediaId={me.avatarMediaId} size="s" />
          <strong class="ellipsis inbox-name">{name}</strong>
        </button>
      )}
      {!me && <span class="inbox-name" />}
      <IconButton icon="search" label={t().search} onClick={() => onDialog("search")} />
      <span class="bell">
        <Bell />
      </span>
      <IconButton icon="chat" label={t().newChat} onClick={() => onDialog("chat")} />
      <IconButton icon="group" label={t().newGroup} onClick={() => onDialog("group")} />
      <IconButton icon="out" label={t().signOut} flips onClick={signOut} />
      {dialog === "chat" && <NewChatDialog onClose={close} />}
      {dialog === "search" && <SearchDialog onClose={close} />}
      {openSettings.value && <SettingsDialog onClose={() => openSettings.value = null} />}
      {dialog === "group" && <NewGroupDialog onClose={close} />}
    </header>
  );
}
