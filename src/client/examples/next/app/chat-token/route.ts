import { SignJWT } from "jose";
import { signedInPerson } from "../../person";

/** A token for the chat server, which has the same AUTH_JWT_SECRET, AUTH_ISSUER and AUTH_AUDIENCE. */
export async function GET() {
  const person = await signedInPerson();
  if (person === null) return new Response(null, { status: 401 });
  const { AUTH_JWT_SECRET, AUTH_ISSUER, AUTH_AUDIENCE } = process.env;
  const token = await new SignJWT({ name: person })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(person)
    .setIssuer(AUTH_ISSUER!)
    .setAudience(AUTH_AUDIENCE!)
    .setIssuedAt()
    .setExpirationTime("15m")
    .sign(new TextEncoder().encode(AUTH_JWT_SECRET));
  return new Response(token, { headers: { "cache-control": "no-store" } });
}
