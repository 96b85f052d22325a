/** The part of the runtime that the programs beside it use. */
declare const Deno: { readonly args: readonly string[] };
