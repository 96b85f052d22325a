import type { SlackExportFolder } from "./export_folder.ts";
import type { SlackFile, SlackMessage } from "./export_types.ts";

export interface ConvertedFiles {
  media: { path?: string; url?: string; name?: string }[];
  /** Files that are elsewhere, as text. */
  links: string[];
}

/** Finds the files of messages: in the export's folder, or at Slack with a token. */
export class SlackFiles {
  constructor(
    private readonly folder: SlackExportFolder,
    /** Replaces the one that the export has in its addresses. */
    private readonly token: string | null,
    private readonly onMissing: () => void,
  ) {}

  async of({ file, files = [] }: SlackMessage): Promise<ConvertedFiles> {
    const found: ConvertedFiles = { media: [], links: [] };
    for (const each of file ? [file, ...files] : files) await this.#add(each, found);
    return found;
  }

  async #add(file: SlackFile, { media, links }: ConvertedFiles): Promise<void> {
    const { id, mode, url_private_download: download, url_private: address } = file;
    const name = (file.name || file.title || id).replaceAll(/[/\\\0]/g, "_").slice(0, 255);
    if (mode === "tombstone" || mode === "hidden_by_limit") return this.onMissing();
    const path = await this.folder.upload(id, name);
    const url = download ?? address;
    if (path !== null) media.push({ path, name });
    else if (url === undefined) this.onMissing();
    else if (file.is_external || mode === "external") links.push(`${name}: ${url}`);
    else media.push({ url: this.#withToken(url), name });
  }

  #withToken(url: string): string {
    if (this.token === null || !URL.canParse(url)) return url;
    const parsed = new URL(url);
    parsed.searchParams.set("t", this.token);
    return parsed.href;
  }
}
