export interface HubStatus {
  readonly name: string;
  /** Open ones. */
  readonly connections: number;
  /** Those with a member that is open. */
  readonly groups: number;
}

interface HubMember {
  readonly hubName: string;
  readonly groups: ReadonlySet<string>;
}

/** Every hub that has settings or clients, in the order of the alphabet. */
export function describeHubs(
  configured: Iterable<string>,
  members: readonly HubMember[],
): HubStatus[] {
  const names = new Set([...configured, ...members.map(({ hubName }) => hubName)]);
  return [...names].sort().map((name) => {
    const present = members.filter(({ hubName }) => hubName === name);
    const groups = new Set(present.flatMap((member) => [...member.groups]));
    return { name, connections: present.length, groups: groups.size };
  });
}
