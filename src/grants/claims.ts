import { permits } from "../kit/group-permission.ts";

/** What the holder of a grant may ask of the history of a hub. */
export interface Claims {
  /** Its user. */
  readonly userId: string;
  /** Whether negotiate made up that user for a caller that has none. */
  readonly isAnonymous: boolean;
  /** The groups that its token puts it into, without those of this package. */
  readonly groups: readonly string[];
  /** Its roles that are about groups. */
  readonly roles: readonly string[];
  /** When it, or the grants that it was carried over from, began: what is older it may not read; epoch milliseconds. */
  readonly readableSince: number;
}

/** As short as can be, because it is part of a URL: user, groups, roles, readable since, anonymous. */
interface WrittenClaims {
  readonly u: string;
  readonly g?: readonly string[];
  readonly r?: readonly string[];
  readonly f: number;
  readonly n?: 1;
}

const KEYS: readonly string[] = ["u", "g", "r", "f", "n"] satisfies (keyof WrittenClaims)[];

export function writeClaims({ userId, isAnonymous, groups, roles, readableSince }: Claims): string {
  const written: WrittenClaims = {
    u: userId,
    ...(groups.length > 0 && { g: groups }),
    ...(roles.length > 0 && { r: roles }),
    f: readableSince,
    ...(isAnonymous && { n: 1 }),
  };
  return JSON.stringify(written);
}

/** Undefined for what `writeClaims` has not written: whoever has signed it, it is of another version. */
export function readClaims(text: string): Claims | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(read) || !Object.keys(read).every((key) => KEYS.includes(key))) return undefined;
  const { u, g = [], r = [], f, n } = read;
  if (typeof u !== "string" || u === "" || !isTexts(g) || !isTexts(r)) return undefined;
  if (!Number.isSafeInteger(f) || Number(f) < 0 || (n !== undefined && n !== 1)) return undefined;
  return { userId: u, isAnonymous: n === 1, groups: g, roles: r, readableSince: Number(f) };
}

/** Whether a client may be in a group without the app server's doing, and so read what it has missed. */
export const mayJoin = ({ groups, roles }: Claims, group: string): boolean =>
  groups.includes(group) || roles.some((role) => permits(role, "joinLeaveGroup", group));

/** Whether a client may send to a group. */
export const maySend = ({ roles }: Claims, group: string): boolean =>
  roles.some((role) => permits(role, "sendToGroup", group));

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
