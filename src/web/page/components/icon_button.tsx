import type { ButtonHTMLAttributes } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface IconButtonProps extends ButtonHTMLAttributes {
  icon?: IconName;
  /** As in `Icon`. */
  path?: string;
  /** Read aloud, and shown as a tooltip. */
  label: string;
  /** Mirrored in languages that are written from right to left. */
  flips?: boolean;
}

export function IconButton(
  { icon, path, label, flips, class: extra, ...attributes }: IconButtonProps,
) {
  return (
    <button
      type="button"
      class={extra ? `icon-button ${extra}` : "icon-button"}
      aria-label={label}
      title={label}
      {...attributes}
    >
      <Icon name={icon} path={path} flips={flips} />
    </button>
  );
}
