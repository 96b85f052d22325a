interface Size {
  width: number;
  height: number;
}

/** For pictures whose size is not known. */
const UNKNOWN: Size = { width: 240, height: 180 };
/** Side of the smallest place: large enough to be pressed. */
const MIN_SIDE = 48;

/**
 * Returns the size that a picture is shown in: its own, or what is left of it within the maximum.
 */
export function sizeWithin(
  { width, height }: { width: number | null; height: number | null },
  max: Size,
): Size {
  if (!width || !height) return { ...UNKNOWN, width: Math.min(UNKNOWN.width, max.width) };
  const scale = Math.min(1, max.width / width, max.height / height);
  return {
    width: Math.max(MIN_SIDE, Math.round(width * scale)),
    height: Math.max(MIN_SIDE, Math.round(height * scale)),
  };
}
