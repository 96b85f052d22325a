/**
 * Small things of one person that outlive a reload and go with signing out, in the browser's
 * storage under a common prefix.
 */
export class Kept {
  constructor(private readonly prefix: string) {}

  read(key: string): string {
    try {
      return localStorage.getItem(this.prefix + key) ?? "";
    } catch {
      return "";
    }
  }

  /** An empty text removes the entry. */
  write(key: string, text: string): void {
    try {
      if (text === "") localStorage.removeItem(this.prefix + key);
      else localStorage.setItem(this.prefix + key, text);
    } catch {
      // Storage is full or switched off: the text lasts as long as the page does.
    }
  }

  clear(): void {
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.prefix)) localStorage.removeItem(key);
      }
    } catch {
      // See `write`.
    }
  }
}
