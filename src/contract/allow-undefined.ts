/**
 * The same, but for optional members, which may also be given as undefined: others declare theirs
 * without, and `exactOptionalPropertyTypes` tells the two apart.
 */
export type AllowUndefined<Options> = {
  [Key in keyof Options]: Partial<Pick<Options, Key>> extends Pick<Options, Key>
    ? Options[Key] | undefined
    : Options[Key];
};
