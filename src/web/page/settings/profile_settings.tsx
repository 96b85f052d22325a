import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { PicturePicker } from "../components/picture_picker.tsx";
import { Section } from "../components/section.tsx";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { StatusSettings } from "./status_settings.tsx";

export function ProfileSettings() {
  const app = useApp();
  const me = app.me.value;
  if (me === null) return null;
  const name = me.displayName || me.username;
  const save = async ({ displayName, bio }: Record<string, string>) => {
    const input = { displayName: displayName.trim() || me.username, bio };
    app.me.value = await app.client.call("user.update", input);
    showToast(m().saved);
  };
  const setPicture = async (avatarMediaId: string | null) => {
    app.me.value = await app.client.call("user.update", { avatarMediaId });
  };
  return (
    <>
      <div class="profile-card">
        <Avatar id={me.id} name={name} mediaId={me.avatarMediaId} size="l" />
        <div>
          <p class="profile-name" dir="auto">{name}</p>
          <p class="muted small">
            <bdi>@{me.username}</bdi>
          </p>
          <PicturePicker hasPicture={me.avatarMediaId !== null} onPick={setPicture} />
        </div>
      </div>
      <StatusSettings />
      <Section title={account.t().visibility}>
        <Form label={t().save} onSubmit={save}>
          <Field
            name="displayName"
            label={m().displayName}
            maxLength={100}
            defaultValue={name}
            dir="auto"
          />
          <label class="field">
            <span>{m().bio}</span>
            <textarea name="bio" rows={3} maxLength={500} defaultValue={me.bio} dir="auto" />
          </label>
        </Form>
      </Section>
    </>
  );
}
