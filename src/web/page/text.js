import { h } from "./dom.js";
import { splitLinks } from "./links.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

const DAY_MS = 86_400_000;

export function timeOf(timestamp) {
  return clock.format(new Date(timestamp));
}

export function dayOf(timestamp) {
  const days = daysAgo(timestamp);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return day.format(new Date(timestamp));
}

/** For the list of chats: the time if it was today, the day if not. */
export function whenOf(timestamp) {
  const days = daysAgo(timestamp);
  if (days === 0) return timeOf(timestamp);
  return days === 1 ? "Yesterday" : shortDay.format(new Date(timestamp));
}

function daysAgo(timestamp) {
  const midnight = (date) => new Date(date).setHours(0, 0, 0, 0);
  return Math.round((midnight(Date.now()) - midnight(timestamp)) / DAY_MS);
}

/** A person's or a group's initials on one of eight tones, always the same for one id. */
export function avatar(id, name, state) {
  let hash = 0;
  for (const unit of id) hash = (hash * 31 + unit.charCodeAt(0)) >>> 0;
  const letters = [...name.trim()].length === 0
    ? "?"
    : name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
  return h(
    "span",
    { class: `avatar tone-${hash % 8}`, "aria-hidden": "true", "data-state": state },
    letters,
  );
}

/** Text with its links made to work. */
export function linked(text) {
  return splitLinks(text).map((part, at) =>
    at % 2 === 0
      ? part
      : h("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part)
  );
}
