/** Stands in for `linkify-it` in the bundle: addresses in text are not guessed, so its tables need not be sent. */

export class LinkifyIt {}
