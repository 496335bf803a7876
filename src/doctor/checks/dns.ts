import { lookup } from "node:dns";
import { isIP } from "node:net";
import { withDeadline } from "../../kit/deadline.ts";
import type { Endpoint } from "../../service/endpoint.ts";
import { type DoctorContext, type Found, fail, forEachEndpoint, pass } from "../check.ts";
import { REASONS } from "../explain-failure.ts";
import { originsOf } from "../origins.ts";

export const dnsCheck = forEachEndpoint({
  id: "dns",
  title: "names lead somewhere",
  runFor: async (context, endpoint) => {
    const hosts = new Set(originsOf(endpoint).map((origin) => hostOf(origin)));
    return Promise.all([...hosts].map((host) => look(context, endpoint, host)));
  },
});

async function look(
  { signal, timeoutInMs }: DoctorContext,
  _: Endpoint,
  host: string,
): Promise<Found> {
  if (isIP(host) > 0) return pass(`${host} is an address`);
  try {
    const addresses = await withDeadline(timeoutInMs, signal, () => addressesOf(host));
    return pass(`${host} leads to ${addresses.join(", ")}`);
  } catch (error) {
    if (signal.aborted) throw error;
    const { code = "no answer" } = error as NodeJS.ErrnoException;
    return fail(`${host} leads nowhere (${code})`, REASONS.dns);
  }
}

const maxAddresses = 4;

function addressesOf(host: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses.slice(0, maxAddresses).map(({ address }) => address));
    });
  });
}

const hostOf = (origin: string): string => new URL(origin).hostname.replace(/^\[(.+)\]$/, "$1");
