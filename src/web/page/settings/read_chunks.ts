/**
 * Returns the body of a response of unknown length; `onSize` is called with the number of bytes so
 * far.
 */
export async function readChunks(
  response: Response,
  onSize: (bytes: number) => void,
): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body!.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    onSize(size += next.value.length);
  }
  return new Blob(chunks, { type: response.headers.get("content-type") ?? "" });
}
