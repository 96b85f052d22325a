import { Icon, type IconName } from "../components/icon.tsx";

interface NoticeProps {
  kind: "info" | "warning" | "danger";
  title: string;
  text: string;
  actions?: { label: string; run(): void }[];
}

const ICONS: Record<NoticeProps["kind"], IconName> = {
  info: "lock",
  warning: "alert",
  danger: "alert",
};

/** A sentence that stays until its reason is gone, with what can be done. */
export function Notice({ kind, title, text, actions = [] }: NoticeProps) {
  return (
    <div class={`encryption-notice ${kind}`} role={kind === "info" ? "status" : "alert"}>
      <Icon name={ICONS[kind]} />
      <div>
        <strong>{title}</strong>
        {text !== "" && <p class="small">{text}</p>}
      </div>
      {actions.length > 0 && (
        <div class="encryption-notice-actions">
          {actions.map(({ label, run }) => (
            <button key={label} type="button" class="button secondary" onClick={run}>
              {label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
