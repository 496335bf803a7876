/** The one name of a hub: the service tells no hubs apart by case. */
export function canonicalHub(hub: string): string {
  return hub.toLowerCase();
}
