import { ApiError, call, OfflineError } from "./api.js";
import { ChatPage } from "./chat_page.js";
import { toast } from "./dom.js";
import { Model } from "./model.js";
import { session } from "./session.js";
import { signInView } from "./sign_in_view.js";

const app = document.querySelector("#app");
let model = null;
let page = null;

function showSignIn() {
  model?.stop();
  page?.close();
  model = page = null;
  session.clear();
  location.hash = "";
  app.replaceChildren(signInView(showChats));
}

async function showChats() {
  model = new Model();
  model.addEventListener("end", showSignIn);
  page = new ChatPage(model, signOut);
  app.replaceChildren(page.element);
  try {
    await model.start();
  } catch (error) {
    if (error.status === 401) return showSignIn();
    toast(error.message);
    setTimeout(() => location.reload(), 5_000);
  }
}

async function signOut() {
  await call("POST", "/auth/logout").catch((error) => {
    if (!(error instanceof ApiError)) toast("Signed out here; the server could not be told");
  });
  showSignIn();
}

addEventListener("unhandledrejection", (event) => {
  // Being offline is shown already.
  if (event.reason instanceof OfflineError) event.preventDefault();
  else toast(event.reason?.message ?? String(event.reason));
});
session.onChangeElsewhere(() => location.reload());
if (session.get()) showChats();
else showSignIn();
