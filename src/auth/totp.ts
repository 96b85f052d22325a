/**
 * Time-based one-time passwords (RFC 6238) as all authenticator apps implement them: SHA-1, six
 * digits, thirty seconds.
 */

const PERIOD_SECONDS = 30;

const otplib = () => import("otplib");

/** Returns 160 random bits in base32, the length that RFC 4226 recommends. */
export async function newTotpSecret(): Promise<string> {
  return (await otplib()).generateSecret();
}

/** Returns the content of the QR code: the app then shows the codes under "issuer: account". */
export async function otpauthUrl(
  secret: string,
  name: { issuer: string; account: string },
): Promise<string> {
  const { generateURI } = await otplib();
  return generateURI({ secret, issuer: name.issuer, label: name.account });
}

/**
 * Returns the time step whose code this is, or null if there is none. One step before and after the
 * current one is accepted (RFC 6238, section 5.2), for clocks that differ and people who type
 * slowly; steps up to and including `lastStep` are rejected, so that a code works once. The caller
 * stores the returned step by compare-and-set: of two concurrent requests with one code, only one
 * may win.
 */
export async function acceptedTotpStep(
  secret: string,
  code: string,
  { now, lastStep }: { now: number; lastStep: number },
): Promise<number | null> {
  // Apps show a code in two groups, and people type it that way.
  const token = code.replace(/\s/g, "");
  if (!/^[0-9]{6}$/.test(token)) return null;
  const { verify } = await otplib();
  const epoch = Math.floor(now / 1000);
  const result = await verify({ secret, token, epoch, epochTolerance: PERIOD_SECONDS });
  if (!result.valid || !("timeStep" in result)) return null;
  return result.timeStep > lastStep ? result.timeStep : null;
}
