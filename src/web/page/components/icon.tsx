/** Strokes of 24 × 24 icons. */
const PATHS = {
  send: "M4 12 20 4l-4 16-4-7zM12 13l8-9",
  back: "M15 5l-7 7 7 7",
  forth: "M9 5l7 7-7 7",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  smile:
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.500 14.500a4.500 4.500 0 0 0 7 0M9 9.500h.01M15 9.500h.01",
  reply: "M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6v1",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  close: "M6 6l12 12M18 6L6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  group:
    "M9 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2.500 20a6.500 6.500 0 0 1 13 0M16 4.500a4 4 0 0 1 0 7M18 14.200a6.500 6.500 0 0 1 3.500 5.800",
  chat: "M4 5h16v11H11l-5 4v-4H4z",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L21 21",
  bell: "M5 17h14l-2-3V10a5 5 0 0 0-10 0v4zM10.500 20h3",
  muted: "M5 17h14l-2-3V10a5 5 0 0 0-10 0v4zM10.500 20h3M4 4l16 16",
  pin: "M9 4h6l-1 6 4 4H6l4-4zM12 14v6",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  clip:
    "M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.500 3.500 0 0 1 5 5l-8.500 8.500a1.800 1.800 0 0 1-2.500-2.500L14.500 8",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  check: "M5 12.500l4.500 4.500L19 7.500",
  checks: "M2 12.500l4.500 4.500L15 7.500M10.500 15.500L12 17l9-9.500",
  alert: "M12 4l9 16H3zM12 10v4M12 17h.01",
  out: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
} as const;

export type IconName = keyof typeof PATHS;

interface IconProps {
  name?: IconName;
  /** Strokes of an icon that only a part loaded on first use has. */
  path?: string;
  flips?: boolean;
}

/** Decoration only: what it stands beside or in has a text or a label. */
export function Icon({ name, path, flips }: IconProps) {
  return (
    <svg
      class={flips ? "icon flips" : "icon"}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path ?? PATHS[name!]} />
    </svg>
  );
}
