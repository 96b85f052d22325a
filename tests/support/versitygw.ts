import type { S3Config } from "../../src/media/blobs/s3/connection.ts";
import { accepts } from "./child_server.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import { requireService } from "./services.ts";
import { skipWithout } from "./skip.ts";

/**
 * A real S3 server (versitygw, which checks signatures) for one test file; its data is deleted with
 * it.
 */
export interface S3Server {
  config: S3Config;
  /** Makes the server reject every write from now on, as a read-only policy does. */
  denyWrites(): Promise<void>;
  stop(): Promise<void>;
}

const ACCESS_KEY = "test-access";
const SECRET_KEY = "test-secret-key";
const BUCKET = "media";

/**
 * Returns the path of the program, or null (with a printed reason, for `ignore:`) where it is not
 * installed.
 */
export function findVersitygw(): string | null {
  return skipWithout("s3") ? null : requireService("s3");
}

/**
 * Starts a server for all tests of a file, at the first of them; call it at the file's top level.
 */
export function sharedS3(): { missing: boolean; server(): S3Server } {
  const program = findVersitygw();
  let server: S3Server | undefined;
  if (program) {
    Deno.test.beforeAll(async () => {
      server = await startS3(program);
    });
    Deno.test.afterAll(async () => await server?.stop());
  }
  return { missing: program === null, server: () => server! };
}

export async function startS3(program: string): Promise<S3Server> {
  const root = await Deno.makeTempDir({ prefix: "s3-" });
  await Deno.mkdir(`${root}/data`);
  await Deno.mkdir(`${root}/attributes`);
  const port = freePort();
  let child = spawnGateway(program, root, port);
  const config: S3Config = {
    bucket: BUCKET,
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  };
  const end = async () => {
    child.kill("SIGTERM");
    await child.status;
  };
  const denyWrites = async () => {
    await end();
    child = spawnGateway(program, root, port, ["--readonly"]);
    await eventually("it listens again", () => accepts(port));
  };
  const stop = async () => {
    await end();
    await Deno.remove(root, { recursive: true });
  };
  try {
    await createBucket(config);
  } catch (error) {
    await stop();
    throw error;
  }
  return { config, denyWrites, stop };
}

function spawnGateway(
  program: string,
  root: string,
  port: number,
  flags: string[] = [],
): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: [
      "--access",
      ACCESS_KEY,
      "--secret",
      SECRET_KEY,
      "--region",
      "us-east-1",
      "--port",
      `127.0.0.1:${port}`,
      "--quiet",
      "--keep-alive",
      ...flags,
      // Attributes beside the files: not every temporary directory has extended attributes.
      "posix",
      "--sidecar",
      `${root}/attributes`,
      `${root}/data`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Returns the configuration of a server that keeps its uploads there. */
export function s3Environment({ config }: S3Server): Record<string, string> {
  const { bucket, region, endpoint, credentials } = config;
  return {
    AWS_BUCKET_NAME: bucket,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint!,
    AWS_ACCESS_KEY_ID: credentials!.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials!.secretAccessKey,
  };
}

/** Also waits until the server listens. */
async function createBucket(config: S3Config): Promise<void> {
  const { S3 } = await import("@aws-sdk/client-s3");
  const s3 = new S3({ ...config, forcePathStyle: true, maxAttempts: 1 });
  try {
    await eventually("the bucket is there", () => s3.createBucket({ Bucket: BUCKET }));
  } finally {
    s3.destroy();
  }
}
