/**
 * Header of a blob's file: one line of JSON, padded with spaces to `HEADER_SIZE` bytes. It is part
 * of the file because a second file with type and etag could not be replaced atomically with the
 * first. (To see only the bytes: `tail -c +513 file`.)
 */
export interface DiskHeader {
  key: string;
  contentType: string;
  etag: string;
}

export const HEADER_SIZE = 512;

/**
 * The checks limit the three values (120, twice 127 when escaped, 38 characters), so the header
 * always fits.
 */
export function createHeader(header: DiskHeader): Uint8Array {
  const line = JSON.stringify({ blob: 1, ...header });
  return new TextEncoder().encode(`${line.padEnd(HEADER_SIZE - 1)}\n`);
}

/**
 * Returns null for a file that does not start with a complete header. Leaves the position after the
 * header.
 */
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
