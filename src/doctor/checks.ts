import type { Config } from "../config.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { BlobStore } from "../media/blobs/blob_store.ts";
import type { Store } from "../store/store.ts";
import { blobCheck, storeCheck } from "./data_checks.ts";
import { type DryRun, fcmCheck, mailCheck, vapidCheck } from "./delivery_checks.ts";
import { type Check, type Finding, findingsOf, fine, warning } from "./finding.ts";
import { sealFindings, type SealsDue } from "./seal_findings.ts";
import {
  clockCheck,
  oauthCheck,
  proveFacebookApp,
  proxyCheck,
  skewByDate,
} from "./network_checks.ts";

/** Opens the services that the configuration names, as the server does. */
export interface Probes {
  openStore(): Promise<Store>;
  /** Counts the secrets that are sealed under a previous key. */
  sealsDue(store: Store): Promise<SealsDue>;
  openBlobs(): Promise<BlobStore>;
  openMailer(): Promise<Mailer>;
  /** Writes, reads and deletes an entry. */
  tryKv: DryRun;
  fcmDryRun: DryRun;
  parseVapid: DryRun;
  /** Milliseconds by which the database's clock is ahead of this host's. */
  databaseSkew(): Promise<number>;
}

/** Checks every service that the configuration names; others are reported as left out. */
export async function examine(config: Config, probes: Probes): Promise<Finding[]> {
  const findings = await Promise.all(checksOf(config, probes).map((check) => findingsOf(check)));
  return [...config.notices.map((text) => warning("Configuration", text)), ...findings.flat()];
}

function checksOf(config: Config, probes: Probes): Check[] {
  return [
    ...dataChecks(config, probes),
    ...deliveryChecks(config, probes),
    ...signInChecks(config),
    clockCheck(clocksOf(config, probes)),
    ...(config.publicUrl === null ? [] : [proxyCheck(config.publicUrl, config.trustedProxy)]),
  ];
}

function dataChecks(config: Config, probes: Probes): Check[] {
  const { mongodbUri, dataDir, s3, broker, formerEncryptionKeys } = config;
  const isMongo = mongodbUri !== null;
  const store = storeCheck({
    subject: isMongo ? "MongoDB" : "SQLite",
    cure: isMongo
      ? "see that MONGODB_URI names a replica set, and a user with the role readWrite on its database"
      : `see that this account may write to DATA_DIR (${dataDir}), and that its disk has room`,
    open: probes.openStore,
    ...(formerEncryptionKeys.length > 0 &&
      { look: (store) => sealFindings(probes.sealsDue(store)) }),
  });
  const blobs = s3 === null
    ? blobCheck(
      "Files",
      `see that this account may write to DATA_DIR (${dataDir}), and that its disk has room`,
      probes.openBlobs,
    )
    : blobCheck(
      "S3",
      "compare AWS_BUCKET_NAME, AWS_REGION, AWS_ENDPOINT_URL and both keys with what the provider " +
        "says, and see that the key may put, get and delete objects",
      probes.openBlobs,
    );
  const kv = broker.kind === "kv" ? [kvCheck(broker, probes.tryKv)] : [];
  return [store, ...kv, blobs];
}

function kvCheck({ kvUrl, kvPath }: Config["broker"], tryKv: DryRun): Check {
  const subject = "Deno KV";
  const cure = kvUrl === null
    ? `see that this account may write to ${kvPath ?? "Deno KV"}`
    : "see that a denokv server listens at DENO_KV_URL, and that DENO_KV_ACCESS_TOKEN is its token";
  const run = async () => {
    await tryKv();
    return [fine(subject, "entries can be written, read and deleted")];
  };
  return { subject, cure, run };
}

function deliveryChecks({ mail, fcm, vapid }: Config, probes: Probes): Check[] {
  return [
    mail.smtpUrl === null
      ? leftOut("SMTP", "SMTP_URL is not set: mail goes to the log")
      : mailCheck(probes.openMailer),
    fcm === null
      ? leftOut("FCM", "FIREBASE_SERVICE_ACCOUNT is not set: no pushes to apps")
      : fcmCheck(probes.fcmDryRun),
    vapid === null
      ? leftOut("VAPID", "VAPID_PUBLIC_KEY is not set: no pushes to browsers")
      : vapidCheck(probes.parseVapid),
  ];
}

const WELL_KNOWN = "/.well-known/openid-configuration";

function signInChecks({ google, facebook, oidc }: Config): Check[] {
  const checks: Check[] = [];
  if (google) {
    const cure = "see that GOOGLE_ISSUER is right, and that the network lets requests out";
    checks.push(oauthCheck("Google", cure, google.issuer + WELL_KNOWN));
  }
  if (facebook) {
    const cure = "see that FACEBOOK_APP_ID and FACEBOOK_APP_SECRET are of one app";
    const prove = () => proveFacebookApp(facebook);
    checks.push(oauthCheck("Facebook", cure, `${facebook.issuer}${WELL_KNOWN}/`, prove));
  }
  for (const { name, title, issuer } of oidc) {
    const cure = `see that OIDC_${name.toUpperCase()}_ISSUER is right, and that the network lets ` +
      "requests out";
    checks.push(oauthCheck(title, cure, issuer + WELL_KNOWN, undefined, issuer));
  }
  return checks;
}

function clocksOf({ mongodbUri, s3, google }: Config, probes: Probes) {
  const url = s3?.endpointUrl ?? (s3 && `https://s3.${s3.region}.amazonaws.com`);
  return {
    ...(mongodbUri !== null && { "the database": () => probes.databaseSkew() }),
    ...(url && { "the media store": () => skewByDate(url) }),
    ...(google && { Google: () => skewByDate(google.issuer + WELL_KNOWN) }),
  };
}

function leftOut(subject: string, text: string): Check {
  return { subject, cure: "", run: () => Promise.resolve([fine(subject, text)]) };
}
