/** The kind of a file's tracks; null if it cannot be determined. */
export type Tracks = "audio" | "video" | null;

/** Element ids (RFC 9559, section 5.1), with their length marker. */
const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const ENTERED = [SEGMENT, TRACKS, TRACK_ENTRY];

const VIDEO = 1;
const AUDIO = 2;

/**
 * Finds the track list in the start of a Matroska or WebM file, where recorders (a browser's
 * MediaRecorder) write it. A list that continues past the end of `head` determines nothing.
 */
export function webmTracks(head: Uint8Array): Tracks {
  const types = new Set<number>();
  let end = Infinity;
  for (let at = 0; at < head.length && at < end;) {
    const id = varint(head, at, true);
    const size = id && varint(head, at + id.length, false);
    if (!id || !size) return null;
    const data = at + id.length + size.length;
    if (id.value === TRACKS) end = data + size.value;
    if (id.value === TRACK_TYPE && end !== Infinity) types.add(head[data]);
    at = ENTERED.includes(id.value) ? data : data + size.value;
  }
  if (end > head.length) return null;
  if (types.has(VIDEO)) return "video";
  return types.has(AUDIO) ? "audio" : null;
}

/**
 * RFC 8794, section 4. An id keeps its length marker; a size of only ones means unknown, without an
 * end.
 */
function varint(bytes: Uint8Array, at: number, isId: boolean) {
  const first = bytes[at];
  if (first === undefined || first === 0) return null;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return null;
  let value = isId ? first : first & (0xff >> length);
  let isUnknown = !isId && value === 0xff >> length;
  for (let n = 1; n < length; n++) {
    value = value * 256 + bytes[at + n];
    isUnknown &&= bytes[at + n] === 0xff;
  }
  return { value: isUnknown ? Infinity : value, length };
}
