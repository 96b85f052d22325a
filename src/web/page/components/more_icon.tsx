/** Strokes of 24 × 24 icons that the first screen has no use for. */
const PATHS = {
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500a7.500 7.500 0 0 1 15 0",
  key: "M14.500 14a5 5 0 1 0-4.600-3L4 17v3h4v-2.500h2.500V15l2-2M16 8h.01",
  shield:
    "M12 3.500l7.500 2.500v5.500c0 4.500-3 7.500-7.500 9-4.500-1.500-7.500-4.500-7.500-9V6zM9 12l2 2 4-4",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  bell: "M5 17h14l-2-3v-4a5 5 0 0 0-10 0v4zM10.500 20h3",
  eye:
    "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  sun:
    "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  box: "M4 8h16v12H4zM3 4h18v4H3zM10 12h4",
  flag: "M6 21V4M6 4.500h11l-2 4 2 4H6",
  people:
    "M9 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2.500 20a6.500 6.500 0 0 1 13 0M16 4.500a4 4 0 0 1 0 7M18 14.200a6.500 6.500 0 0 1 3.500 5.800",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  device: "M4 5h16v11H4zM2 20h20M10 16v4M14 16v4",
  phone: "M8 3h8v18H8zM11 18h2",
  mail: "M4 6h16v12H4zM4.500 7l7.500 6 7.500-6",
  ban: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.700 5.700l12.600 12.600",
  link:
    "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.600-5.600L12 7.200M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.600 5.600l1.400-1.300",
  chart: "M4 4v16h17M8 16v-5M12 16V7M16 16v-3M20 16V9",
  chats: "M3 4h13v9H9l-4 3v-3H3zM19 9h2v9h-2v3l-4-3H9",
  bot:
    "M5 9h14v10H5zM12 9V5M12 4.500h.01M9 13.500h.01M15 13.500h.01M2.500 12.500v3M21.500 12.500v3",
  check: "M5 12.500l4.500 4.500L19 7.500",
} as const;

export type MoreIconName = keyof typeof PATHS;

/** As `Icon`, loaded with the settings and the administrators' view. */
export function MoreIcon({ name }: { name: MoreIconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
