import { fileURLToPath } from "node:url";
import { requireService } from "./services.ts";
import { skipWithout } from "./skip.ts";
import type { TempDir } from "./temp_dir.ts";

const SOURCE = fileURLToPath(new URL("./fixtures/slow_disk.c", import.meta.url));

/** For a test's `ignore`: true where `SlowDisk` cannot be built. */
export const cannotSlowDisk = Deno.build.os !== "linux" || skipWithout("compiler");

/**
 * A library that takes the place of the disk in another process: see fixtures/slow_disk.c. It
 * slows down, and copies, files whose path contains `name`.
 */
export class SlowDisk {
  /** Variables of the process. */
  readonly env: Record<string, string>;

  private constructor(library: string, private readonly copies: string, name: string, ms: number) {
    this.env = {
      LD_PRELOAD: library,
      SLOW_DISK_NAME: name,
      SLOW_DISK_MS: String(ms),
      SLOW_DISK_COPIES: copies,
    };
  }

  static async make(dir: TempDir, name: string, ms: number): Promise<SlowDisk> {
    const library = dir.join("slow_disk.so"), copies = dir.join("synced");
    const args = ["-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"];
    const { success, stderr } = await new Deno.Command(requireService("compiler"), { args })
      .output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    await Deno.mkdir(copies);
    return new SlowDisk(library, copies, name, ms);
  }

  /** Returns the path of a file as a power failure would leave it: as of its last complete sync. */
  synced(name: string): string {
    return `${this.copies}/${name}`;
  }

  /** Returns a line for each complete sync: the thread, `main` or `other`, and the file. */
  syncs(): string[] {
    return Deno.readTextFileSync(this.synced("log")).trimEnd().split("\n");
  }

  /** Every sync fails from now on, or works again. */
  async setBroken(isBroken: boolean): Promise<void> {
    const mark = this.synced("broken");
    if (isBroken) await Deno.writeTextFile(mark, "");
    else await Deno.remove(mark);
  }
}
