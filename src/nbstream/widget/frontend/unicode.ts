/** Stands in for `uc.micro` in the bundle: the classes of characters that Markdown asks for, from the browser's own tables. */

export const P = /\p{P}/u;
export const S = /\p{S}/u;
export const Z = /\p{Z}/u;
export const Cc = /\p{Cc}/u;
export const Cf = /\p{Cf}/u;
export const Any = /[\s\S]/u;
