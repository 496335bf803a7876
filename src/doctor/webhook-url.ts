import type { DoctorContext } from "./check.ts";

/** Where the service sends its events, with the placeholders filled in; undefined where it is not known. */
export function webhookUrl(
  { configuration, given }: Pick<DoctorContext, "configuration" | "given">,
  event: string,
): string | undefined {
  if (given.publicUrl === undefined) return undefined;
  const { hub, upstream } = configuration;
  const { origin, pathname } = new URL(given.publicUrl);
  const template =
    pathname === "/" ? origin + upstream.path : given.publicUrl.replace(/[?#].*$/, "");
  return template
    .replaceAll("{hub}", encodeURIComponent(hub))
    .replaceAll("{event}", encodeURIComponent(event));
}

export const NO_PUBLIC_URL = "give --public-url (publicUrl), where the service reaches the app";
