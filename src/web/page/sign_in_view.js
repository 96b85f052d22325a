import { signIn } from "./api.js";
import { h } from "./dom.js";
import { session } from "./session.js";

/** Registering, signing in, and the second factor of those who have one. */
export function signInView(onSignedIn) {
  const place = h("div", { class: "card" });
  const show = (form) => {
    place.replaceChildren(...form);
    place.querySelector("input").focus();
  };
  const showSignIn = () => show(signInForm());
  const showRegister = () => show(registerForm());
  const showCode = (challenge) => show(codeForm(challenge));

  function signInForm() {
    return form("Sign in", [
      field("identifier", "Username or e-mail", { autocomplete: "username" }),
      field("password", "Password", { type: "password", autocomplete: "current-password" }),
    ], async (data) => {
      const answer = await signIn("/auth/login", { ...data, deviceToken: session.deviceToken });
      if (answer.twoFactorRequired) showCode(answer.challenge);
      else onSignedIn();
    }, other("New here?", "Create an account", showRegister));
  }

  function registerForm() {
    return form("Create an account", [
      field("username", "Username", { autocomplete: "username", minlength: 3, maxlength: 32 }),
      field("email", "E-mail", { type: "email", autocomplete: "email" }),
      field("password", "Password", {
        type: "password",
        autocomplete: "new-password",
        minlength: 8,
        hint: "At least 8 characters",
      }),
    ], async (data) => {
      await signIn("/auth/register", data);
      onSignedIn();
    }, other("Have an account?", "Sign in", showSignIn));
  }

  function codeForm(challenge) {
    return form("Second step", [
      field("code", "Code of your authenticator app, or a recovery code", {
        autocomplete: "one-time-code",
      }),
    ], async ({ code }) => {
      await signIn("/auth/2fa/verify", { challenge, code });
      onSignedIn();
    }, other("Not you?", "Start again", showSignIn));
  }

  showSignIn();
  return h(
    "main",
    { class: "sign-in" },
    h("img", { src: "/web/icon.svg", alt: "", width: 56, height: 56 }),
    h("h1", {}, "RealTimeChat"),
    place,
    h("p", { class: "faint" }, "The API behind this page: ", h("a", { href: "/docs" }, "/docs")),
  );
}

function form(title, fields, submit, footer) {
  const fault = h("p", { class: "fault", role: "alert", hidden: true });
  const button = h("button", { class: "primary", type: "submit" }, title);
  const onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    fault.hidden = true;
    try {
      await submit(Object.fromEntries(new FormData(event.target)));
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    } finally {
      button.disabled = false;
    }
  };
  return [
    h("h2", {}, title),
    h("form", { onsubmit }, ...fields, fault, button),
    footer,
  ];
}

function field(name, label, { hint, ...attributes }) {
  const input = h("input", {
    name,
    required: true,
    autocapitalize: "none",
    spellcheck: "false",
    "aria-describedby": hint && `${name}-hint`,
    ...attributes,
  });
  return h(
    "label",
    { class: "field" },
    h("span", {}, label),
    input,
    hint && h("small", { id: `${name}-hint`, class: "faint" }, hint),
  );
}

function other(question, label, onclick) {
  return h(
    "p",
    { class: "faint" },
    `${question} `,
    h("button", { type: "button", class: "link", onclick }, label),
  );
}
