interface QuietHours {
  start: string;
  end: string;
  timeZone: string;
}

/** True if the moment lies in the quiet hours, by the clock of their time zone; they may span midnight. */
export function isQuiet(hours: QuietHours | null, moment: Date): boolean {
  if (hours === null) return false;
  const { start, end, timeZone } = hours;
  const now = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(moment);
  return start <= end ? start <= now && now < end : start <= now || now < end;
}
