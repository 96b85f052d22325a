/**
 * Standard output for a log. `console.log` formats and writes line by line, which under load costs
 * more than the request that the line tells of; here the lines of one turn of the event loop leave in
 * one write. What is still waiting when the process ends by itself is written then; a process that is
 * killed can lose the lines of one turn.
 */
export function lineOutput(
  write: (bytes: Uint8Array) => void = writeToStdout,
): (line: string) => void {
  const encoder = new TextEncoder();
  let waiting = "";
  const flush = () => {
    if (waiting === "") return;
    const text = waiting;
    waiting = "";
    write(encoder.encode(text));
  };
  globalThis.addEventListener("unload", flush);
  return (line) => {
    if (waiting === "") setTimeout(flush, 0);
    waiting += `${line}\n`;
  };
}

/** A pipe may take less than it is given. */
function writeToStdout(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
