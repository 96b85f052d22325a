import { Announcer } from "../components/announcer.tsx";
import { lazily } from "../components/lazily.tsx";
import { ToastBox } from "../components/toast.tsx";
import { openView } from "../state/route.ts";
import { signedIn } from "../state/session.ts";
import { isWarm } from "../state/warm.ts";
import { account } from "../texts/account/account.ts";
import { admin } from "../texts/admin/admin.ts";
import { loadMoreTexts } from "../texts/more.ts";
import { writing } from "../texts/writing/writing.ts";
import { ChatsPage } from "./chats_page.tsx";
import { AppContext } from "./context.ts";

const KeyboardDialogs = writing.lazily(async () => {
  return (await import("../keyboard/keyboard_dialogs.tsx")).KeyboardDialogs;
});
const SignInView = lazily(async () => (await import("../sign_in/sign_in_view.tsx")).SignInView);
const AdminPage = admin.lazily(async () => {
  await Promise.all([account.load(), loadMoreTexts()]);
  return (await import("../admin/admin_page.tsx")).AdminPage;
});

export function App() {
  const app = signedIn.value;
  const isAdminView = openView.value.split("/")[0] === "admin";
  return (
    <>
      {app === null && <SignInView />}
      {app && (
        <AppContext.Provider value={app}>
          {isAdminView
            ? <AdminPage key={app.client.userId} />
            : <ChatsPage key={app.client.userId} />}
          {isWarm.value && <KeyboardDialogs />}
        </AppContext.Provider>
      )}
      <ToastBox />
      <Announcer />
    </>
  );
}
