import { language } from "./texts.ts";

/** As people count bytes: in units of 1,000. */
export function bytesOf(size: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  const number = new Intl.NumberFormat(language.value.code, {
    style: "unit",
    unit: units[step],
    unitDisplay: "short",
    maximumFractionDigits: step === 0 ? 0 : 1,
  });
  return number.format(size / 1_000 ** step);
}

/** Returns the text of a part between 0 and 1. */
export function percentOf(part: number): string {
  return new Intl.NumberFormat(language.value.code, { style: "percent" }).format(part);
}

/** Returns minutes and seconds, for a recording. */
export function clockOf(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
