import type { ButtonHTMLAttributes } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface IconButtonProps extends ButtonHTMLAttributes {
  icon: IconName;
  /** Read aloud, and shown as a tooltip. */
  label: string;
  /** Mirrored in languages that are written from right to left. */
  flips?: boolean;
}

export function IconButton({ icon, label, flips, class: extra, ...attributes }: IconButtonProps) {
  return (
    <button
      type="button"
      class={extra ? `icon-button ${extra}` : "icon-button"}
      aria-label={label}
      title={label}
      {...attributes}
    >
      <Icon name={icon} flips={flips} />
    </button>
  );
}
