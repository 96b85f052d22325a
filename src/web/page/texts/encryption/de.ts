import type { EncryptionTexts } from "./encryption.ts";

const plural = new Intl.PluralRules("de");
const count = (n: number, one: string, other: string) =>
  `${n} ${plural.select(n) === "one" ? one : other}`;

/** Texts of encrypted chats, in German. */
export const de: EncryptionTexts = {
  encrypt: "Ende-zu-Ende-verschlüsselt",
  encryptHint:
    "Nur die Beteiligten können mitlesen, nicht der Server. Das lässt sich später nicht ändern.",
  noDevice: (name) =>
    `${name} hat noch keine verschlüsselten Chats benutzt und kann erst danach hinzugefügt werden.`,

  title: "Verschlüsselung",
  chatIsEncrypted:
    "Nachrichten und Dateien sind Ende-zu-Ende-verschlüsselt: Nur die Beteiligten dieses Chats können sie lesen.",
  verified: "Verifiziert",
  notVerified: "Nicht verifiziert",
  noKeys: "Noch kein Gerät",
  verify: "Verifizieren",
  verifyPerson: (name) => `${name} verifizieren`,
  verifyText: (name) =>
    `Vergleiche diese Nummer mit ${name}, persönlich oder am Telefon. Sie ist nur dann auf beiden Seiten gleich, wenn niemand mitliest.`,
  safetyNumber: "Sicherheitsnummer",
  safetyQr: "Sicherheitsnummer als QR-Code",
  theyMatch: "Sie stimmen überein",
  theyDiffer: "Sie sind verschieden",
  differText: (name) =>
    `Sende nichts Vertrauliches. Vielleicht liest jemand mit, oder ${name} hat gerade ein Gerät hinzugefügt. Vergleicht gleich noch einmal, auf einem anderen Weg.`,
  isVerifiedNow: (name) => `${name} ist verifiziert`,
  verifiedText: (name) => `Du hast diese Nummer mit ${name} verglichen.`,

  keysChanged: (name) => `Die Schlüssel von ${name} haben sich geändert`,
  keysChangedText: "Ein neues Gerät ist dazugekommen, oder jemand versucht mitzulesen.",
  verifiedKeysChangedText:
    "Du hattest sie verifiziert. Vergleiche die Sicherheitsnummer erneut, bevor du Vertrauliches sendest.",
  ownKeysChanged: "Deinem Konto wurde ein Gerät hinzugefügt",
  ownKeysChangedText:
    "Warst du das nicht, entferne es unter Einstellungen, Verschlüsselung, und ändere dein Passwort.",
  acknowledge: "Verstanden",
  waitingForDevice: (name) => `${name} hat noch keine verschlüsselten Chats benutzt`,
  waitingForDeviceText:
    "Was du sendest, ist dort erst lesbar, nachdem dieser Chat einmal geöffnet wurde.",
  otherTab: "Verschlüsselte Chats sind in einem anderen Tab dieses Browsers offen",
  otherTabText: "Schließe sie dort, um hier zu lesen und zu schreiben.",
  insecure: "Verschlüsselte Chats brauchen eine sichere Verbindung",
  insecureText: "Öffne diese Seite über eine Adresse, die mit https beginnt.",
  removed: "Dieser Browser wurde von deinen Geräten entfernt",
  removedText:
    "Neue verschlüsselte Nachrichten sind hier nicht lesbar. Was schon gelesen wurde, bleibt hier.",
  setUpAgain: "Neu einrichten",
  failed: "Die Verschlüsselung konnte nicht gestartet werden",
  tryAgain: "Erneut versuchen",

  beforeJoin: "Diese Nachricht wurde gesendet, bevor dieses Gerät dazukam.",
  waiting: "Wird entschlüsselt …",
  unsupported: "Für diese Nachricht ist eine neuere Version der Seite nötig.",
  undecryptable: "Diese Nachricht lässt sich nicht entschlüsseln.",
  openFailed: "Die Datei ist nicht so, wie sie gesendet wurde, und wurde nicht geöffnet.",
  play: (name) => `${name} abspielen`,
  saveFile: (name) => `${name} speichern`,

  devices: "Deine Geräte",
  devicesText:
    "Jeder Browser, in dem du verschlüsselte Chats benutzt, hat eigene Schlüssel. Entferne Geräte, die du nicht kennst.",
  since: (when) => `Seit ${when}`,
  thisBrowser: "Dieser Browser",
  remove: "Entfernen",
  removeDevice: (name) => `${name} entfernen`,
  removeOwnText: "Dieser Browser kann dann keine neuen verschlüsselten Nachrichten lesen.",
  removeOtherText: "Jenes Gerät kann dann keine neuen verschlüsselten Nachrichten lesen.",
  deviceRemoved: "Entfernt",

  backup: "Sicherung der Nachrichten",
  backupOff:
    "Ohne Sicherung kann ein neuer Browser deine früheren verschlüsselten Nachrichten nicht lesen; mit dem letzten gehen sie verloren.",
  backupOn:
    "Eingeschaltet. Ein neuer Browser liest deine früheren Nachrichten mit dem Wiederherstellungsschlüssel.",
  backupFull: "Die Sicherung ist voll: Neuere Nachrichten sind nicht darin.",
  backupLocked:
    "Es gibt eine Sicherung deiner Nachrichten. Gib deinen Wiederherstellungsschlüssel ein, um sie hier zu lesen.",
  setUpBackup: "Sicherung einrichten",
  newKey: "Neuer Schlüssel",
  newKeyText:
    "Eine neue Sicherung beginnt mit dem, was dieser Browser lesen kann; der alte Schlüssel gilt nicht mehr.",
  lostKey: "Schlüssel verloren?",
  recoveryKey: "Wiederherstellungsschlüssel",
  keepKey:
    "Schreibe diesen Schlüssel auf oder lege ihn in einem Passwortmanager ab. Er wird nur jetzt gezeigt, und niemand kann ihn dir wiedergeben.",
  copyKey: "Schlüssel kopieren",
  keyIsSaved: "Ich habe den Schlüssel gesichert",
  turnOn: "Sicherung einschalten",
  turnOff: "Ausschalten",
  turnOffText: "Die Sicherung wird auf dem Server gelöscht.",
  backupIsOn: "Die Sicherung ist eingeschaltet",
  backupIsOff: "Die Sicherung ist gelöscht",
  enterKey: "Wiederherstellungsschlüssel eingeben",
  restore: "Nachrichten wiederherstellen",
  restoreTitle: "Frühere Nachrichten lesen",
  wrongKey: "Das ist nicht der Schlüssel der Sicherung. Prüfe ihn auf Tippfehler.",
  restored: (n) => `${count(n, "Nachricht", "Nachrichten")} wiederhergestellt`,
};
