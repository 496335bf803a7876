/** @returns What the control server says against it, or nothing when it is done. */
export async function sendOrder(path: string, body: object): Promise<string | undefined> {
  try {
    const response = await fetch(`/api/control${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return undefined;
    const answer = await response.json().catch(() => null);
    return answer?.error ?? `The control room answered ${response.status}.`;
  } catch {
    return "The control room does not answer. Is the demo still running?";
  }
}
