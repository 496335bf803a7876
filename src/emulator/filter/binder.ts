import type { Comparator, Expression } from "./expression.ts";
import { type FilterSyntaxError, invalidPart } from "./filter-syntax-error.ts";
import { functions, type Type, type Value } from "./functions.ts";

/** What a filter is asked about: one connection. */
export interface FilterSubject {
  /** The connection id. */
  readonly id: string;
  /** Null for an anonymous client. */
  readonly userId: string | null;
  readonly groups: ReadonlySet<string>;
  /** The subprotocol as the client spelled it; null for a simple client. */
  readonly protocol: string | null;
}

/** An expression that makes sense. Whatever its type, its value may also be null. */
export interface Bound {
  readonly type: Type;
  readonly isIdentifier?: boolean;
  readonly evaluate: (subject: FilterSubject) => Value;
}

type Part<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

const IDENTIFIERS: ReadonlyMap<string, Bound> = new Map<string, Bound>([
  ["userid", { type: "string", isIdentifier: true, evaluate: ({ userId }) => userId }],
  ["connectionid", { type: "string", isIdentifier: true, evaluate: ({ id }) => id }],
  ["protocol", { type: "string", isIdentifier: true, evaluate: ({ protocol }) => protocol }],
  ["groups", { type: "collection", isIdentifier: true, evaluate: ({ groups }) => groups }],
]);

const COMPARISONS: Record<Comparator, (left: Value, right: Value) => boolean> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  gt: ordered((left, right) => left > right),
  ge: ordered((left, right) => left >= right),
  lt: ordered((left, right) => left < right),
  le: ordered((left, right) => left <= right),
};

/**
 * @param part What is named as the mistaken part: the nearest comparison, function or the like around.
 * @throws FilterSyntaxError unless the expression is one that is true or false.
 */
export function bindCondition(expression: Expression, part = expression): Bound {
  const bound = bind(expression, part);
  expectType(part, bound, ["bool"]);
  return bound;
}

function bind(expression: Expression, part: Expression): Bound {
  switch (expression.kind) {
    case "literal":
      return { type: typeOf(expression.value), evaluate: () => expression.value };
    case "name":
      return bindName(expression, part);
    case "call":
      return bindCall(expression);
    case "not":
      return bindNot(expression, part);
    case "and":
    case "or":
      return bindChain(expression);
    case "comparison":
      return bindComparison(expression);
    case "in":
      return bindMembership(expression);
  }
}

function bindName(expression: Part<"name">, part: Expression): Bound {
  const identifier = IDENTIFIERS.get(expression.name.toLowerCase());
  if (!identifier) throw unsupportedToken(part, expression);
  return identifier;
}

function bindCall(call: Part<"call">): Bound {
  const called = functions.get(call.name.toLowerCase());
  if (!called) throw unsupportedToken(call, call);
  const { parameters, optional = 0, result, run } = called;
  const count = call.operands.length;
  if (count > parameters.length || count < parameters.length - optional) {
    throw invalidPart(call.source, `Function '${call.name}' does not take ${count} arguments.`);
  }
  const operands = call.operands.map((operand, index) => {
    const bound = bind(operand, call);
    expectType(call, bound, [...(parameters[index] ?? []), "null"]);
    return bound;
  });
  return {
    type: result,
    evaluate: (subject) => {
      const values = operands.map((operand) => operand.evaluate(subject));
      return values.includes(null) ? null : run(...(values as never[]));
    },
  };
}

function bindNot(expression: Part<"not">, part: Expression): Bound {
  const operand = bind(expression.operand, part);
  expectType(expression, operand, ["bool"]);
  return {
    type: "bool",
    evaluate: (subject) => {
      const value = operand.evaluate(subject);
      return value === null ? null : !value;
    },
  };
}

/** One operand may decide; if none does, one that is null leaves it open. */
function bindChain(expression: Part<"and" | "or">): Bound {
  const operands = expression.operands.map((operand) => bindCondition(operand, expression));
  const decisive = expression.kind === "or";
  return {
    type: "bool",
    evaluate: (subject) => {
      let isOpen = false;
      for (const operand of operands) {
        const value = operand.evaluate(subject);
        if (value === decisive) return decisive;
        if (value === null) isOpen = true;
      }
      return isOpen ? null : !decisive;
    },
  };
}

function bindComparison(expression: Part<"comparison">): Bound {
  const { comparator } = expression;
  const left = bind(expression.left, expression);
  const right = bind(expression.right, expression);
  if (/eq|ne/.test(comparator)) {
    expectType(expression, left, EQUATABLE);
    expectType(expression, right, left.type === "null" ? EQUATABLE : [left.type, "null"]);
  } else if (!isText(left) || !isText(right)) {
    expectType(expression, left, ["int", "null"]);
    expectType(expression, right, ["int", "null"]);
  }
  const compare = COMPARISONS[comparator];
  return {
    type: "bool",
    evaluate: (subject) => compare(left.evaluate(subject), right.evaluate(subject)),
  };
}

const EQUATABLE: readonly Type[] = ["string", "int", "bool", "null"];

const isText = ({ type }: Bound): boolean => type === "string" || type === "null";

function bindMembership(expression: Part<"in">): Bound {
  const item = bind(expression.item, expression);
  const candidates = expression.candidates.map((candidate) => bind(candidate, expression));
  const [first] = candidates;
  if (first && (!expression.isList || (candidates.length === 1 && first.type === "collection"))) {
    expectType(expression, first, ["collection"]);
    expectType(expression, item, ["string", "null"]);
    return {
      type: "bool",
      evaluate: (subject) =>
        (first.evaluate(subject) as ReadonlySet<unknown>).has(item.evaluate(subject)),
    };
  }
  expectType(expression, item, EQUATABLE);
  for (const candidate of candidates) {
    expectType(expression, candidate, item.type === "null" ? EQUATABLE : [item.type, "null"]);
  }
  return {
    type: "bool",
    evaluate: (subject) => {
      const value = item.evaluate(subject);
      return candidates.some((candidate) => candidate.evaluate(subject) === value);
    },
  };
}

function ordered(compare: (left: string | number, right: string | number) => boolean) {
  return (left: Value, right: Value): boolean =>
    left !== null && right !== null && compare(left as never, right as never);
}

function unsupportedToken(part: Expression, { source }: Expression): FilterSyntaxError {
  return invalidPart(part.source, `Token '${source}' is not supported.`);
}

// The service names the type that the part has for an anonymous client, unless it is a bare name.
const ANONYMOUS: FilterSubject = { id: "", userId: null, groups: new Set(), protocol: null };

function expectType(part: Expression, bound: Bound, expected: readonly Type[]): void {
  const { type, isIdentifier, evaluate } = bound;
  if (expected.includes(type)) return;
  const actual = isIdentifier ? type : typeOf(evaluate(ANONYMOUS));
  throw invalidPart(
    part.source,
    `Type '${actual}', expect '${expected.find((one) => one !== "null")}'.`,
  );
}

function typeOf(value: Value): Type {
  switch (typeof value) {
    case "string":
      return "string";
    case "number":
      return "int";
    case "boolean":
      return "bool";
    default:
      return value === null ? "null" : "collection";
  }
}
