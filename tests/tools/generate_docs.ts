/** Writes the generated parts of the documents: `deno task docs`. */
import { configDocument } from "./config_document.ts";
import { withTables } from "./document_tables.ts";

const root = new URL("../../", import.meta.url);
const protocol = new URL("src/api/README.md", root);
await Deno.writeTextFile(protocol, withTables(await Deno.readTextFile(protocol)));
const example = await Deno.readTextFile(new URL(".env.example", root));
await Deno.writeTextFile(new URL("src/config/README.md", root), configDocument(example));
