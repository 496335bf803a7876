import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import type { TlsCertificate } from "../contract/emulator-options.ts";
import {
  bitString,
  boolean,
  context,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from "./der.ts";

const MS_PER_DAY = 24 * 60 * 60 * 1000;

const ID = {
  commonName: "2.5.4.3",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
};

/** A certificate of X.509 version 3 (RFC 5280), with a key of its own on P-256. */
export interface CertificateRequest {
  /** The names and addresses of the server that it is for; an issuer of others has none. */
  readonly hosts?: readonly string[];
  /** What it is called. Default: `localhost`. */
  readonly name?: string;
  readonly now: Date;
  /** Default: 365. */
  readonly expiresInDays?: number;
  /** Signs it. Default: itself. */
  readonly issuer?: { readonly name: string; readonly key: string };
}

/** For a server with these names and addresses, good for a year. */
export const createSelfSignedCertificate = (hosts: readonly string[], now: Date): TlsCertificate =>
  createCertificate({ hosts, now });

export function createCertificate(request: CertificateRequest): TlsCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const content = contentOf(request, publicKey);
  const signature = bitString(sign("sha256", content, request.issuer?.key ?? privateKey));
  const certificate = sequence(content, ALGORITHM, signature).toString("base64");
  const lines = certificate.match(/.{1,64}/g) ?? [];
  return {
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const ALGORITHM = sequence(objectIdentifier(ID.ecdsaWithSha256));
const nameOf = (name: string): Buffer =>
  sequence(set(sequence(objectIdentifier(ID.commonName), utf8String(name))));
const DIGITAL_SIGNATURE = Buffer.from([0x80]);
const CERTIFICATE_SIGNING = Buffer.from([0x04]);
const VERSION_3 = context(0, integer(Buffer.from([2])), true);

function contentOf(
  { hosts, name = "localhost", now, expiresInDays = 365, issuer }: CertificateRequest,
  publicKey: KeyObject,
): Buffer {
  const serialNumber = randomBytes(16);
  const end = +now + expiresInDays * MS_PER_DAY;
  // The clocks of those who check it may be a little behind.
  const begin = Math.min(+now, end) - MS_PER_DAY;
  const extensions = hosts
    ? [
        extension(ID.basicConstraints, true, sequence()),
        extension(ID.keyUsage, true, bitString(DIGITAL_SIGNATURE, 7)),
        extension(ID.extendedKeyUsage, false, sequence(objectIdentifier(ID.serverAuth))),
        extension(ID.subjectAltName, false, sequence(...hosts.map(alternativeName))),
      ]
    : [
        extension(ID.basicConstraints, true, sequence(boolean(true))),
        extension(ID.keyUsage, true, bitString(CERTIFICATE_SIGNING, 2)),
      ];
  return sequence(
    VERSION_3,
    integer(serialNumber),
    ALGORITHM,
    nameOf(issuer?.name ?? name),
    sequence(utcTime(new Date(begin)), utcTime(new Date(end))),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    context(3, sequence(...extensions), true),
  );
}

const extension = (id: string, isCritical: boolean, content: Buffer): Buffer =>
  sequence(objectIdentifier(id), ...(isCritical ? [boolean(true)] : []), octetString(content));

function alternativeName(host: string): Buffer {
  if (isIPv4(host)) return context(7, Buffer.from(host.split(".").map(Number)), false);
  if (isIPv6(host)) return context(7, bytesOfIpv6(host), false);
  return context(2, Buffer.from(host, "latin1"), false);
}

function bytesOfIpv6(address: string): Buffer {
  // As URLs spell it: hexadecimal throughout, without a zone.
  const { hostname } = new URL(`http://[${address.replace(/%.*/, "")}]`);
  const [head = [], tail = []] = hostname
    .slice(1, -1)
    .split("::")
    .map((half) => (half === "" ? [] : half.split(":")));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  const words = [...head, ...zeros, ...tail];
  return Buffer.from(words.map((word) => word.padStart(4, "0")).join(""), "hex");
}
