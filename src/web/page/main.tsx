import { ChatError } from "../../client/mod.ts";
import { render } from "preact";
import { App } from "./app/app.tsx";
import { resume } from "./state/session.ts";
import "./state/theme.ts";
import { openChatId } from "./state/route.ts";
import { showToast } from "./state/toast.ts";
import { faultText } from "./texts/fault_text.ts";
import { loadTexts, t } from "./texts/texts.ts";

// Used by many parts: in the entry, they are no separate files, each of which takes a request.
export { Dialog } from "./components/dialog.tsx";
export { Field } from "./components/field.tsx";
export { Form } from "./components/form.tsx";
export { FormTitle } from "./sign_in/form_title.tsx";
export { configuredProviders } from "./sign_in/providers.ts";

addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  // Being offline is shown already.
  if (reason instanceof ChatError) {
    event.preventDefault();
    if (reason.code !== "offline" && reason.code !== "signed_out") showToast(faultText(reason));
  } else if (isMissingPart(reason)) {
    event.preventDefault();
    showToast(t().newVersion, { label: t().reload, run: () => location.reload() });
  }
});

/** A part that is loaded on first use is gone from the server once it runs another version. */
function isMissingPart(reason: unknown): boolean {
  return reason instanceof TypeError && /import|module/i.test(reason.message);
}

/**
 * Not awaited by the module: parts that are loaded on first use import it, and would wait for it.
 */
async function start(): Promise<void> {
  // Beside what follows, which takes as long.
  if (openChatId.peek() !== "") void import("./chat/open_chat.tsx");
  await Promise.all([loadTexts(), resume()]);
  // Back from a provider.
  if (location.search.includes("state=")) {
    await (await import("./sign_in/provider_return.ts")).finish();
  }
  render(<App />, document.querySelector("#app")!);
  await (await import("./app/warm_up.ts")).warmUp();
  (await import("./app/background.ts")).begin(import.meta.url);
}

void start();
