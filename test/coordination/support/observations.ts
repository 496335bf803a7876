import type { Agreement, Observation, SeenState } from "../../../src/contract/coordination.ts";

const states: Record<string, SeenState> = {
  "+": "healthy",
  "-": "unhealthy",
  "~": "drained",
  "?": "unknown",
};

/**
 * `east+ west-` is an observation of two endpoints: `+` healthy, `-` unhealthy, `~` drained, `?`
 * unknown. The
 * first one is the primary; `east'+` is another endpoint of the same name.
 */
export function observation(text: string): Observation {
  return text
    .split(" ")
    .filter(Boolean)
    .map((word, index) => {
      const name = word.replace(/['+~?-]/g, "");
      const host = word.includes("'") ? `other-${name}` : name;
      const role = index === 0 ? "primary" : "secondary";
      const state = states[word.at(-1) as string];
      if (state === undefined) throw new Error(`no state in ${word}`);
      return { name, url: `https://${host}`, role, state };
    });
}

/** One for each line, such as `east+ west+ / east- west+`. */
export function observations(text: string): Observation[] {
  return text
    .split("/")
    .map((one) => one.trim())
    .filter(Boolean)
    .map(observation);
}

/** `3 east` is an agreement. */
export function agreement(text: string): Agreement {
  const [epoch, active = ""] = text.split(" ");
  const host = active.includes("'") ? `other-${active.replace("'", "")}` : active;
  const name = active.replace("'", "");
  return {
    epoch: Number(epoch),
    incarnation: `of ${text}`,
    active: name,
    url: `https://${host}`,
    since: 0,
    reason: "first",
  };
}
