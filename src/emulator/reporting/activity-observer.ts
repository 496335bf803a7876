import { types } from "node:util";
import type { Activity } from "../contract/activity.ts";
import { warn } from "./warnings.ts";

/** Told of each thing that happens. */
export type Observe = (activity: Activity) => void;

/** Calls a listener that may do what it likes; what it throws, or rejects with, is a warning. */
export function createObserver(listener: ((activity: Activity) => unknown) | undefined): Observe {
  const onFailure = (error: unknown): void => warn("onActivity threw an error.", error);
  return (activity) => {
    try {
      const result = listener?.(activity);
      if (types.isPromise(result)) result.catch(onFailure);
    } catch (error) {
      onFailure(error);
    }
  };
}
