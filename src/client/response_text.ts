/**
 * Returns a response's text, and calls `onBytes` for each part of it. Older Safari and Chromium
 * cannot iterate over a body; React Native has no stream as a body.
 */
export async function responseText(response: Response, onBytes: () => void): Promise<string> {
  const reader = response.body?.getReader?.();
  if (!reader) return await response.text();
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    onBytes();
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}
