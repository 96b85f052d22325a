import { requireService } from "./services.ts";

/** The program itself: npm installs a script around it, which does not pass signals on. */
export function oldestDeno(): string {
  const args = ["eval", "--quiet", "console.log(Deno.execPath())"];
  const { stdout } = new Deno.Command(requireService("oldestDeno"), { args }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}
