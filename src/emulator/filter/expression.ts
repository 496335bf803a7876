export type Comparator = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

/** A filter as it is written, not yet known to make sense. */
export type Expression = {
  /** As it stands in the filter. */
  readonly source: string;
} & (
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Expression[] }
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "and" | "or"; readonly operands: readonly Expression[] }
  | {
      readonly kind: "comparison";
      readonly comparator: Comparator;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** The one candidate of `in groups` is the collection. */
  | {
      readonly kind: "in";
      readonly item: Expression;
      readonly candidates: readonly Expression[];
      readonly isList: boolean;
    }
);
