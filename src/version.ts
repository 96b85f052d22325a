/** The release, as in deno.json; reported by `/healthz`, the documents and the log. */
export const VERSION = "0.2.0";
