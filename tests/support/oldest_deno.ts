import { requireService } from "./services.ts";

/** The program itself: what npm installs is a script around it, which passes no signal on. */
export function oldestDeno(): string {
  const args = ["eval", "--quiet", "console.log(Deno.execPath())"];
  const { stdout } = new Deno.Command(requireService("oldestDeno"), { args }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}
