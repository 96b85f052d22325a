interface QuietHours {
  start: string;
  end: string;
  timeZone: string;
}

/**
 * True if the moment lies in the quiet hours, by the clock of their time zone; they may span
 * midnight. False if this browser does not know the zone, which another device has chosen.
 */
export function isQuiet(hours: QuietHours | null, moment: Date): boolean {
  if (hours === null) return false;
  const { start, end, timeZone } = hours;
  const now = timeIn(timeZone, moment);
  if (now === null) return false;
  return start <= end ? start <= now && now < end : start <= now || now < end;
}

function timeIn(timeZone: string, moment: Date): string | null {
  const options = { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", options).format(moment);
  } catch {
    return null;
  }
}
