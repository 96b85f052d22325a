const plural = new Intl.PluralRules("en");
const count = (n: number, one: string, other: string) =>
  `${n} ${plural.select(n) === "one" ? one : other}`;

/** Texts of encrypted chats, in English. */
export const en = {
  encrypt: "End-to-end encrypted",
  encryptHint:
    "Only the people in the chat can read it, not the server. This cannot be changed later.",
  noDevice: (name: string) =>
    `${name} has not used encrypted chats yet, and cannot be added before they have.`,

  title: "Encryption",
  chatIsEncrypted:
    "Messages and files are end-to-end encrypted: only the people in this chat can read them.",
  verified: "Verified",
  notVerified: "Not verified",
  noKeys: "No device yet",
  verify: "Verify",
  verifyPerson: (name: string) => `Verify ${name}`,
  verifyText: (name: string) =>
    `Compare this number with ${name} in person, or by phone. It is the same on both sides only if nobody reads along.`,
  safetyNumber: "Safety number",
  safetyQr: "Safety number as a QR code",
  theyMatch: "They match",
  theyDiffer: "They differ",
  differText: (name: string) =>
    `Do not send anything confidential. Someone may be reading along, or ${name} has just added a device. Compare again in a moment, on another line.`,
  isVerifiedNow: (name: string) => `${name} is verified`,
  verifiedText: (name: string) => `You have compared this number with ${name}.`,

  keysChanged: (name: string) => `The security keys of ${name} have changed`,
  keysChangedText: "They are using a new device, or someone is trying to read along.",
  verifiedKeysChangedText:
    "You had verified them. Compare the safety number again before you send anything confidential.",
  ownKeysChanged: "A device was added to your account",
  ownKeysChangedText:
    "If it was not you, remove it in Settings, Encryption, and change your password.",
  acknowledge: "Got it",
  waitingForDevice: (name: string) => `${name} has not used encrypted chats yet`,
  waitingForDeviceText: "They cannot read what you send before they have opened this chat.",
  otherTab: "Encrypted chats are open in another tab of this browser",
  otherTabText: "Close them there to read and write here.",
  insecure: "Encrypted chats need a secure connection",
  insecureText: "Open this page by an address that begins with https.",
  removed: "This browser was removed from your devices",
  removedText: "It can read no new encrypted messages. What it has read stays here.",
  setUpAgain: "Set it up again",
  failed: "Encryption could not be started",
  tryAgain: "Try again",

  beforeJoin: "This message was sent before this device joined.",
  waiting: "Decrypting …",
  unsupported: "This message needs a newer version of the page.",
  undecryptable: "This message cannot be decrypted.",
  openFailed: "The file is not as it was sent, and was not opened.",
  play: (name: string) => `Play ${name}`,
  saveFile: (name: string) => `Save ${name}`,

  devices: "Your devices",
  devicesText:
    "Each browser in which you use encrypted chats has keys of its own. Remove those that you do not know.",
  since: (when: string) => `Since ${when}`,
  thisBrowser: "This browser",
  remove: "Remove",
  removeDevice: (name: string) => `Remove ${name}`,
  removeOwnText: "This browser will read no new encrypted messages.",
  removeOtherText: "That device will read no new encrypted messages.",
  deviceRemoved: "Removed",

  backup: "Message backup",
  backupOff:
    "Without a backup, a new browser cannot read your earlier encrypted messages, and they are lost with your last one.",
  backupOn: "On. A new browser reads your earlier messages with the recovery key.",
  backupFull: "The backup is full: newer messages are not in it.",
  backupLocked: "There is a backup of your messages. Enter your recovery key to read them here.",
  setUpBackup: "Set up the backup",
  newKey: "New recovery key",
  newKeyText: "A new backup begins with what this browser can read, and the old key stops working.",
  lostKey: "Lost the key?",
  recoveryKey: "Recovery key",
  keepKey:
    "Write this key down, or keep it in a password manager. It is shown only now, and nobody can give it to you again.",
  copyKey: "Copy the key",
  keyIsSaved: "I have saved the key",
  turnOn: "Turn on the backup",
  turnOff: "Turn off",
  turnOffText: "The backup is deleted from the server.",
  backupIsOn: "The backup is on",
  backupIsOff: "The backup is deleted",
  enterKey: "Enter the recovery key",
  restore: "Restore messages",
  restoreTitle: "Read earlier messages",
  wrongKey: "This is not the key of the backup. Check it for slips.",
  restored: (n: number) => `${count(n, "message", "messages")} restored`,
};
