/** The release, as deno.json names it; `/healthz`, the documents and the log say it. */
export const VERSION = "0.2.0";
