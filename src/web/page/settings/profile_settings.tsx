import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Checkbox } from "../components/checkbox.tsx";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { PicturePicker } from "../components/picture_picker.tsx";
import { Section } from "../components/section.tsx";
import { Select } from "../components/select.tsx";
import { showToast } from "../state/toast.ts";
import { m } from "../texts/more.ts";
import { chooseLanguage, language, LANGUAGES, t } from "../texts/texts.ts";

type State = "online" | "away" | "busy" | "invisible";

export function ProfileSettings() {
  const app = useApp();
  const me = app.me.value;
  if (me === null) return null;
  const save = async ({ displayName, bio }: Record<string, string>) => {
    const name = displayName.trim() || me.username;
    app.me.value = await app.client.call("user.update", { displayName: name, bio });
    showToast(m().saved);
  };
  const setPicture = async (avatarMediaId: string | null) => {
    app.me.value = await app.client.call("user.update", { avatarMediaId });
  };
  const setStatus = (state: State, text: string) =>
    attempt(async () => {
      await app.client.call("presence.set", { state, text });
      app.me.value = { ...me, status: { state, text } };
    });
  const hideLastSeen = (lastSeenHidden: boolean) =>
    attempt(async () => app.me.value = await app.client.call("user.update", { lastSeenHidden }));
  const languages = Object.fromEntries(LANGUAGES.map(({ code, name }) => [code, name]));
  return (
    <>
      <Section title={m().profile}>
        <PicturePicker hasPicture={me.avatarMediaId !== null} onPick={setPicture} />
        <Form label={t().save} onSubmit={save}>
          <Field
            name="displayName"
            label={m().displayName}
            maxLength={100}
            defaultValue={me.displayName || me.username}
          />
          <label class="field">
            <span>{m().bio}</span>
            <textarea name="bio" rows={3} maxLength={500} defaultValue={me.bio} />
          </label>
        </Form>
      </Section>
      <Section title={m().status}>
        <Select
          label={m().status}
          options={m().states}
          value={me.status.state}
          onChange={(state) => void setStatus(state as State, me.status.text)}
        />
        <Field
          name="status"
          label={m().statusText}
          maxLength={140}
          required={false}
          defaultValue={me.status.text}
          onChange={({ currentTarget }) => void setStatus(me.status.state, currentTarget.value)}
        />
        <Checkbox
          label={m().hideLastSeen}
          checked={me.lastSeenHidden}
          onChange={(isHidden) => void hideLastSeen(isHidden)}
        />
      </Section>
      <Section title={m().language}>
        <Select
          label={m().language}
          options={languages}
          value={language.value.code}
          onChange={(code) => void chooseLanguage(code)}
        />
      </Section>
    </>
  );
}
