import type { Output } from "../../../client/mod.ts";
import { MoreIcon, type MoreIconName } from "../components/more_icon.tsx";
import { browserNameOf } from "../settings/browser_name.ts";
import { account } from "../texts/account/account.ts";
import { momentOf, shortMomentOf } from "../texts/format.ts";

export type AuditEntry = Output<"audit.all">["items"][number];

interface AuditRowProps {
  entry: AuditEntry;
  /** Name of the actor; empty if it need not be said. */
  actor: string;
  /** Name of the person concerned; empty if that is the actor. */
  subject?: string;
  onSubject?(): void;
}

/** One recorded action: what it was, by whom, when, from where. */
export function AuditRow({ entry, actor, subject, onSubject }: AuditRowProps) {
  const { action, at, address, userAgent, details } = entry;
  const origin = [userAgent && browserNameOf(userAgent), address].filter(Boolean).join(" · ");
  return (
    <li class="audit-row">
      <span class={`row-icon ${toneOf(action)}`}>
        <MoreIcon name={iconOf(action)} />
      </span>
      <div>
        <p>
          {account.t().actions[action] ?? action}
          {subject && (
            <>
              {": "}
              {onSubject
                ? <button type="button" class="link-button" onClick={onSubject}>{subject}</button>
                : <bdi>{subject}</bdi>}
            </>
          )}
        </p>
        {detailsOf(details).map((text) => <p key={text} class="small" dir="auto">{text}</p>)}
        <p class="muted small">
          {actor && (
            <>
              <bdi>{actor}</bdi>
              {" · "}
            </>
          )}
          <time dateTime={at} title={momentOf(at)}>{shortMomentOf(at)}</time>
          {origin && (
            <>
              {" · "}
              <bdi title={userAgent ?? undefined}>{origin}</bdi>
            </>
          )}
        </p>
      </div>
    </li>
  );
}

/** Details that a person can read; the others are ids. */
function detailsOf(details: Record<string, string>): string[] {
  const { reason, decision, provider, role, method } = details;
  return [reason, decision, provider, role, method].filter((text) => text);
}

const ICONS: Record<string, MoreIconName> = {
  account: "person",
  session: "device",
  password: "key",
  email: "mail",
  username: "person",
  second_factor: "shield",
  provider: "link",
  user: "ban",
  "user.reported": "flag",
  admin: "shield",
  report: "flag",
  data: "box",
  group: "people",
  member: "people",
  encryption: "key",
  chat: "chats",
  api_key: "key",
  webhook: "link",
  hook: "link",
  filters: "shield",
  "user.looked_up": "eye",
};

function iconOf(action: string): MoreIconName {
  return ICONS[action] ?? ICONS[action.split(".")[0]] ?? "list";
}

const SERIOUS = new Set([
  "session.refresh_reused",
  "second_factor.disabled",
  "second_factor.recovery_code_used",
  "user.suspended",
  "account.erased",
]);

function toneOf(action: string): string {
  return SERIOUS.has(action) ? "serious" : "";
}
