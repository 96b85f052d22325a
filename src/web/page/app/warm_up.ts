import { effect } from "@preact/signals";
import { listenForShortcuts } from "../keyboard/shortcuts.ts";
import { signedIn } from "../state/session.ts";
import { isWarm } from "../state/warm.ts";

/** Milliseconds after which a slow connection is no reason to wait any more. */
const SETTLED_WITHIN_MS = 10_000;

/** Loads parts that are small and may be needed when there is no connection. */
export async function warmUp(): Promise<void> {
  await settled();
  // Seals what is to be sent: without it, no message could be kept.
  await import("../../../client/mls/sealed_store.ts");
  await Promise.all([
    import("../chat/composer_context.tsx"),
    import("../chat/deletions.ts"),
    import("../chat/jump_down.tsx"),
    import("../chat/menu_items.tsx"),
    import("../chat/message_actions.ts"),
    import("../chat/not_sent.tsx"),
    import("../chat/open_chat.tsx"),
    import("../chat/upload_list.tsx"),
    import("../dialogs/new_chat_dialog.tsx"),
    import("../dialogs/new_group_dialog.tsx"),
    import("../media/gallery.tsx"),
    import("../media/other_media.tsx"),
    import("../media/thumb_hash.tsx"),
  ]);
  await (await import("../chat/system_texts.ts")).loadSystemTexts();
  listenForShortcuts();
  isWarm.value = true;
}

/**
 * Resolves once the page shows what it was opened for: until then, nothing else is to share the
 * line.
 */
async function settled(): Promise<void> {
  if (signedIn.peek() === null) return void await import("../sign_in/sign_in_view.tsx");
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, SETTLED_WITHIN_MS);
    effect(() => {
      const app = signedIn.value;
      if (app && !app.hasInbox.value && !app.isOffline.value) return;
      clearTimeout(timer);
      setTimeout(resolve);
    });
  });
}
