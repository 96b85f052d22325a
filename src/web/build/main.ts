import { buildPage } from "./build_page.ts";

/** Builds the page (`deno task build:page`), for hosts on which the server may start no process. */
const folder = await buildPage();
console.log(`The page is built: ${decodeURIComponent(folder.pathname)}`);
