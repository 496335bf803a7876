import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { withDeadline } from "../../kit/deadline.ts";
import {
  type DoctorContext,
  type Found,
  fail,
  forEachEndpoint,
  pass,
  skipped,
  warn,
} from "../check.ts";
import { REASONS } from "../explain-failure.ts";
import { originsOf } from "../origins.ts";

const DAY_IN_MS = 86_400_000;
/** Azure renews its own certificates earlier; those of custom domains and proxies are somebody's to renew. */
const RENEWED_BY_IN_DAYS = 21;

export const tlsCheck = forEachEndpoint({
  id: "tls",
  title: "certificates are trusted, and for how long",
  needs: ["dns"],
  runFor: (context, endpoint) =>
    Promise.all(originsOf(endpoint).map((origin) => look(context, origin))),
});

async function look({ signal, timeoutInMs }: DoctorContext, origin: string): Promise<Found> {
  const { protocol, host } = new URL(origin);
  if (protocol !== "https:") return skipped(`${host} is reached without TLS`);
  try {
    const validTo = await withDeadline(timeoutInMs, signal, (limit) => expiryOf(origin, limit));
    const days = Math.floor((validTo - Date.now()) / DAY_IN_MS);
    const what = `the certificate of ${host} is trusted, and valid for ${days} days`;
    return days > RENEWED_BY_IN_DAYS ? pass(what) : warn(what, RENEW);
  } catch (error) {
    if (signal.aborted) throw error;
    const { code = "no answer" } = error as NodeJS.ErrnoException;
    const remedy = REMEDIES.find(([pattern]) => pattern.test(code))?.[1] ?? REASONS.refused;
    return fail(`no TLS connection to ${host} (${code})`, remedy);
  }
}

const RENEW = "renew it: that of a custom domain or a proxy does not renew itself";

/** By the code of the error; the first that fits counts. */
const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^CERT_HAS_EXPIRED$/, "renew the certificate; if it is new, look at the clock of this server"],
  [/^CERT_NOT_YET_VALID$/, "look at the clock of this server"],
  [
    /ALTNAME_INVALID$/,
    "the certificate is for another name: look at the name in the options, and at the certificate of the custom domain or proxy",
  ],
  [/SELF_SIGNED|UNABLE_TO|LEAF_SIGNATURE/, REASONS.tls],
  [/^ERR_SSL|EPROTO/, "look whether that port speaks TLS"],
  [/DEADLINE|TIMEDOUT/, REASONS.timeout],
];

/** @returns Until when the certificate is valid, epoch milliseconds. */
async function expiryOf(
  origin: string,
  limit: { addEventListener(type: "abort", listener: () => void): void },
): Promise<number> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[(.+)\]$/, "$1");
  const socket: TLSSocket = connect({
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 && { servername: host }),
  });
  limit.addEventListener("abort", () => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve).once("error", reject);
      socket.once("close", () => reject(new Error("closed")));
    });
    return Date.parse(socket.getPeerCertificate().valid_to);
  } finally {
    socket.destroy();
  }
}
