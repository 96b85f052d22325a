import { announcement } from "../state/announcer.ts";

export function Announcer() {
  return <div id="announcer" class="visually-hidden" aria-live="polite">{announcement.value}</div>;
}
