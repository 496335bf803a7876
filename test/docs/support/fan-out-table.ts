import type { OperationName, Semantics } from "../../../src/fan-out/semantics.ts";

/** What a reader wants to know of an operation, in the order of the columns. */
interface Meaning {
  readonly asked: string;
  readonly comesTo: string;
  readonly rejectsWhen: string;
}

const itsEndpoint = "its endpoint alone; all in use while that is not known";
const itsEndpointThenTheRest =
  "its endpoint, then the rest if it is not there; all in use while its endpoint is not known";

const meanings: Record<Semantics["kind"], (semantics: Semantics) => Meaning> = {
  command: ({ about, tellsAbsence = false }) => ({
    asked:
      about !== "connection" ? "all in use" : tellsAbsence ? itsEndpointThenTheRest : itsEndpoint,
    comesTo: tellsAbsence ? `report; \`not-found\` where the ${about} is not` : "report",
    rejectsWhen:
      about === "connection"
        ? "no endpoint accepts, or its endpoint is out of use"
        : "no endpoint accepts",
  }),
  question: ({ about }) => ({
    asked:
      about === "connection"
        ? "its endpoint, then the rest if it says no; all in use while its endpoint is not known or out of use"
        : "all in use",
    comesTo: "`true` as soon as one says so, `false` when all say so",
    rejectsWhen: `none says \`true\` and ${about === "connection" ? "one that may have it" : "one"} does not answer, or none is in use`,
  }),
  list: () => ({
    asked: "all in use",
    comesTo: "the entries of all, those of the quickest first",
    rejectsWhen: "one does not answer, after the entries of the rest; or none is in use",
  }),
  token: () => ({
    asked: "the one that a negotiate would name, then the next",
    comesTo: "a token of one endpoint",
    rejectsWhen:
      "none gives one: `ERR_NO_HEALTHY_ENDPOINT`, or `ERR_TOKEN_REFUSED` where that is because of this user",
  }),
};

const retried: Record<Semantics["kind"], string> = {
  command: "what was not accepted",
  question: "what was not accepted",
  list: "a page that was not accepted",
  token: "no",
};

const groupOperation = /^group\./;

/** The table of all operations, as Markdown. */
export function fanOutTable(semantics: Readonly<Record<OperationName, Semantics>>): string {
  const rows = Object.entries(semantics).map(([name, operation]) => {
    const { asked, comesTo, rejectsWhen } = meanings[operation.kind](operation);
    const call = `\`${name.replace(groupOperation, "group(name).")}\``;
    return [call, asked, comesTo, retried[operation.kind], rejectsWhen];
  });
  const header = ["operation", "who is asked", "what it comes to", "retried", "rejects when"];
  return [header, header.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
