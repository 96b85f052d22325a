import { cookies } from "next/headers";

/** Stands for the sign-in that your app has: the person of a request, null if there is none. */
export async function signedInPerson(): Promise<string | null> {
  return (await cookies()).get("person")?.value ?? null;
}
