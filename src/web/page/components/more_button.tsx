import { account } from "../texts/account/account.ts";
import { t } from "../texts/texts.ts";
import type { Pages } from "./use_pages.ts";

/** Under a list that is read page by page. */
export function MoreButton({ pages }: { pages: Pages<unknown> }) {
  if (pages.items === null) return <p class="muted small">{t().loading}</p>;
  if (!pages.hasMore) return null;
  return (
    <button type="button" class="button secondary" disabled={pages.isLoading} onClick={pages.more}>
      {account.t().more}
    </button>
  );
}
