import { useApp } from "../app/context.ts";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { PicturePicker } from "../components/picture_picker.tsx";
import { Section } from "../components/section.tsx";
import type { ChatState } from "../state/chat.ts";
import { showToast } from "../state/toast.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";

/** Name and description, for owner and admins. */
export function GroupForm({ chat }: { chat: ChatState }) {
  const { client } = useApp();
  const save = async ({ name, description }: Record<string, string>) => {
    await client.call("group.update", { groupId: chat.id, name, description });
    showToast(m().saved);
  };
  const setPicture = (avatarMediaId: string | null) => {
    return client.call("group.update", { groupId: chat.id, avatarMediaId });
  };
  return (
    <Section title={t().groupName}>
      <PicturePicker hasPicture={chat.avatarMediaId !== null} onPick={setPicture} />
      <Form label={t().save} onSubmit={save}>
        <Field name="name" label={m().name} maxLength={100} defaultValue={chat.row.value?.title} />
        <label class="field">
          <span>{m().description}</span>
          <textarea name="description" rows={2} maxLength={1000} defaultValue={chat.description} />
        </label>
      </Form>
    </Section>
  );
}
