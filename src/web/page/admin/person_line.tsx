import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { account } from "../texts/account/account.ts";
import { adminHref } from "./admin_href.ts";

/** A person with picture and username; leads to their account. */
export function PersonLine({ userId, size = "s" }: { userId: string; size?: "s" | "m" }) {
  const person = useApp().people.person(userId);
  const name = person.name || account.t().deletedAccount;
  return (
    <a class="person-line" href={adminHref("people", userId)}>
      <Avatar id={userId} name={name} mediaId={person.avatarMediaId} size={size} />
      <span>
        <bdi class="ellipsis">{name}</bdi>
        {person.username && <bdi class="muted small ellipsis">@{person.username}</bdi>}
      </span>
    </a>
  );
}
