/** Metrics of a server, in Prometheus' text format. */
export async function metricsOf({ url }: { url: string }): Promise<string> {
  return await (await fetch(`${url}/metrics`)).text();
}

/** Returns the value of one series, given with its labels; 0 where it is missing. */
export function valueOf(text: string, series: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.split(" ").at(-1));
}
