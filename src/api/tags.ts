/** The content of each heading of the documents. */
const TAGS: Readonly<Record<string, string>> = {
  "Authentication": "Accounts, sign-in, and the tokens that every other call needs.",
  "Sessions": "The devices that the caller is signed in on.",
  "Second factor": "Codes of an authenticator app (TOTP) and recovery codes.",
  "Credentials": "Password, e-mail address and username, and the mails that confirm them.",
  "Providers": "Sign-in with Google, Facebook and any provider of OpenID Connect.",
  "Audit": "What was done to an account or a group, when and from where.",
  "Users": "Profiles, and the export and deletion of an account.",
  "Blocking and reporting": "Protection against other people.",
  "Administration":
    "For administrators: people, chats and messages, reports, suspensions and statistics.",
  "API keys": "Permissions of the servers that call this API; kept by administrators.",
  "Own users": "People of the customer, made and signed in by its backend with an API key.",
  "Filters":
    "For administrators: a word list, a rule for links, and a hook before a message is stored.",
  "Webhooks":
    "For administrators: addresses of your backend that receive events, and their deliveries.",
  "Chats": "The inbox, receipts, and catching up on what was missed.",
  "Groups": "Chats of many people: members, roles and settings.",
  "Contact requests": "Consent to being added to groups and written to.",
  "Messages": "Sending, editing, reactions, pins, history and search.",
  "Encryption": "End-to-end encrypted chats (MLS, RFC 9420): devices, key packages and Commits.",
  "Bots": "People that programs play, their slash commands, and incoming webhooks.",
  "Calls": "Access to audio and video calls of a chat, which LiveKit and TURN servers carry.",
  "Media": "Uploads: forms, resumable ones (tus 1.0), and straight to the store; and downloads.",
  "Notifications": "Notifications, their settings, and the devices that receive pushes.",
  "Realtime": "Presence. Typing and live events are on the sockets: see `/api/asyncapi.json`.",
};

export function describeTag(name: string): string {
  return TAGS[name] ?? name;
}
