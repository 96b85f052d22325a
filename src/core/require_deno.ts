/** Imported first by every entry module: an older Deno would fail later, without a reason. */
import { denoVersionFault } from "./deno_version.ts";

const fault = denoVersionFault(Deno.version.deno);
if (fault !== null) {
  console.error(fault);
  Deno.exit(78);
}
