import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Choices } from "../components/choices.tsx";
import { Field } from "../components/field.tsx";
import { Section } from "../components/section.tsx";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";

type State = "online" | "away" | "busy" | "invisible";

/**
 * Presence as the person chooses it, and a line of text; both apply as soon as they are changed.
 */
export function StatusSettings() {
  const app = useApp();
  const me = app.me.value;
  if (me === null) return null;
  const setStatus = (state: State, text: string) =>
    attempt(async () => {
      await app.client.call("presence.set", { state, text });
      app.me.value = { ...app.me.peek()!, status: { state, text } };
    });
  const { state, text } = me.status;
  return (
    <Section title={m().status}>
      <Choices
        label={m().status}
        options={m().states}
        value={state}
        hideLabel
        mark={(each) => each}
        onChange={(chosen) => void setStatus(chosen as State, text)}
      />
      <div class={text === "" ? undefined : "with-button"}>
        <Field
          key={text}
          name="status"
          label={m().statusText}
          hint={account.t().statusHint}
          maxLength={140}
          required={false}
          defaultValue={text}
          dir="auto"
          onChange={({ currentTarget }) => void setStatus(state, currentTarget.value.trim())}
        />
        {text !== "" && (
          <button
            type="button"
            class="button secondary"
            onClick={() => void setStatus(state, "")}
          >
            {account.t().clearStatus}
          </button>
        )}
      </div>
    </Section>
  );
}
