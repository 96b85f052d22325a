/**
 * What a blob's file starts with: one line of JSON, padded with spaces to `HEADER_SIZE` bytes. A second
 * file for the type and the etag could not be replaced in one step with the first.
 * (To see the bytes alone: `tail -c +513 file`.)
 */
export interface DiskHeader {
  key: string;
  contentType: string;
  etag: string;
}

export const HEADER_SIZE = 512;

/** The three values are bounded by their checks (120, 127 twice over when escaped, 38), so it always fits. */
export function createHeader(header: DiskHeader): Uint8Array {
  const line = JSON.stringify({ blob: 1, ...header });
  return new TextEncoder().encode(`${line.padEnd(HEADER_SIZE - 1)}\n`);
}

/** Null for a file that does not start with a whole header. Leaves the position after the header. */
export async function parseHeader(file: Deno.FsFile): Promise<DiskHeader | null> {
  const bytes = new Uint8Array(HEADER_SIZE);
  for (let size = 0; size < HEADER_SIZE;) {
    const count = await file.read(bytes.subarray(size));
    if (count === null) return null;
    size += count;
  }
  try {
    const { blob, key, contentType, etag } = JSON.parse(new TextDecoder().decode(bytes));
    return blob === 1 ? { key, contentType, etag } : null;
  } catch {
    return null;
  }
}
