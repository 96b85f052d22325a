import { generateKeyPairSync } from "node:crypto";
import { generateVapidKeys } from "../../src/config/dev_secrets.ts";
import { DenokvServer } from "../support/denokv_server.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { findService, missingReason, type ServiceName } from "../support/services.ts";
import { s3Environment, startS3 } from "../support/versitygw.ts";

const NEEDED: readonly ServiceName[] = ["mongodb", "denokv", "s3"];

/**
 * A production server's environment with every adapter configured, and the services that it names.
 */
export interface Everything extends AsyncDisposable {
  readonly environment: Record<string, string>;
}

/** Returns null, and prints the reason, where a service's program is not installed. */
export async function startEverything(): Promise<Everything | null> {
  const missing = NEEDED.filter((name) => findService(name) === null);
  for (const name of missing) console.log(`not measured with everything: ${missingReason(name)}`);
  if (missing.length > 0) return null;
  const mongodb = await MongodbServer.start({ cacheSize: "2G" });
  const denokv = await DenokvServer.start();
  const s3 = await startS3(findService("s3")!);
  return {
    environment: {
      ...PRODUCTION,
      ...keys(),
      MONGODB_URI: mongodb.uri("cold"),
      ...denokv.env,
      ...s3Environment(s3),
    },
    [Symbol.asyncDispose]: async () => {
      await s3.stop();
      await denokv[Symbol.asyncDispose]();
      await mongodb[Symbol.asyncDispose]();
    },
  };
}

const PRODUCTION = {
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PUBLIC_URL: "https://chat.example.com",
  TRUSTED_PROXY: "x-forwarded-for:1",
  JWT_SECRET: "an access secret of the benchmark, long enough",
  JWT_REFRESH_SECRET: "a refresh secret of the benchmark, long enough",
  ENCRYPTION_KEY: "0123456789abcdef".repeat(4),
  GOOGLE_CLIENT_ID: "benchmark",
  FACEBOOK_APP_ID: "benchmark",
  FACEBOOK_APP_SECRET: "benchmark",
  SMTP_URL: "smtp://127.0.0.1:2525",
  MAIL_FROM: "chat@example.com",
};

/** VAPID's key pair, and a service account of FCM: neither is used before the first push. */
function keys(): Record<string, string> {
  const vapid = generateVapidKeys();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    VAPID_PUBLIC_KEY: vapid.publicKey,
    VAPID_PRIVATE_KEY: vapid.privateKey,
    VAPID_SUBJECT: "mailto:admin@example.com",
    FIREBASE_SERVICE_ACCOUNT: JSON.stringify({
      type: "service_account",
      project_id: "benchmark",
      client_email: "benchmark@benchmark.iam.gserviceaccount.com",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    }),
  };
}
