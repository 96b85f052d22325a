import { Announcer } from "../components/announcer.tsx";
import { lazily } from "../components/lazily.tsx";
import { ToastBox } from "../components/toast.tsx";
import { signedIn } from "../state/session.ts";
import { ChatsPage } from "./chats_page.tsx";
import { AppContext } from "./context.ts";

const SignInView = lazily(async () => (await import("../sign_in/sign_in_view.tsx")).SignInView);

export function App() {
  const app = signedIn.value;
  return (
    <>
      {app === null && <SignInView />}
      {app && (
        <AppContext.Provider value={app}>
          <ChatsPage key={app.client.userId} />
        </AppContext.Provider>
      )}
      <ToastBox />
      <Announcer />
    </>
  );
}
