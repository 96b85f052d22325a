import { useId } from "preact/hooks";
import { Icon } from "../components/icon.tsx";
import { e } from "../texts/encryption/encryption.ts";

interface EncryptChoiceProps {
  checked: boolean;
  onChange(checked: boolean): void;
}

/** Whether a new chat is encrypted. */
export function EncryptChoice({ checked, onChange }: EncryptChoiceProps) {
  const id = useId();
  return (
    <div class="encrypt-choice">
      <label class="check">
        <input
          type="checkbox"
          checked={checked}
          aria-describedby={id}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <Icon name="lock" />
        {e().encrypt}
      </label>
      <p id={id} class="muted small">{e().encryptHint}</p>
    </div>
  );
}
