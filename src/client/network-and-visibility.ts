interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

interface Page {
  navigator?: { onLine?: boolean };
  document?: Target & { visibilityState?: string };
  addEventListener?: Target["addEventListener"];
  removeEventListener?: Target["removeEventListener"];
}

// Where there is no page, such as in Node, these are simply missing.
const page = (): Page => globalThis as Page;

/** The browser knows that there is no network. It may be wrong when it says that there is one. */
export const isOffline = (): boolean => page().navigator?.onLine === false;

/** Nobody looks at the page at the moment. */
export const isHidden = (): boolean => page().document?.visibilityState === "hidden";

/**
 * Whenever what failed before may work again: the network is back, or the page from sleep or from
 * the background.
 *
 * @returns How to stop listening.
 */
export function onResume(listener: () => void): () => void {
  const { document } = page();
  const stops = [listen(page() as Target, ["online", "pageshow"], listener)];
  if (document) {
    const resumeWhenVisible = (): void => {
      if (document.visibilityState === "visible") listener();
    };
    stops.push(listen(document, ["resume"], listener));
    stops.push(listen(document, ["visibilitychange"], resumeWhenVisible));
  }
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * Whenever the page has reason to doubt its connections: it is back, or its network is gone.
 *
 * @returns How to stop listening.
 */
export function onConnectivityChange(listener: () => void): () => void {
  const stops = [onResume(listener), listen(page() as Target, ["offline"], listener)];
  return () => {
    for (const stop of stops) stop();
  };
}

function listen(target: Target, types: readonly string[], listener: () => void): () => void {
  if (typeof target.addEventListener !== "function") return () => {};
  for (const type of types) target.addEventListener(type, listener);
  return () => {
    for (const type of types) target.removeEventListener(type, listener);
  };
}
