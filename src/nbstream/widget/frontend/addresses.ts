/**
 * Stands in for `mdurl` and `punycode.js` in the bundle: addresses percent-encoded as a link's, and read back for people.
 *
 * What may be a link, and to which host, is links.ts's to say.
 */

/** Encodes what no address may hold; an escape stays as it is, and half a character becomes U+FFFD. */
export function encode(url: string): string {
  return url.replace(/%(?![\da-f]{2})|[^\w%;/?:@&=+$,.!~*'()#-]/giu, (found) => encodeURIComponent(found.replace(/\p{Cs}/u, "\ufffd")));
}

/** Decodes what is no sign of an address; an escape that is no character stays as it is. */
export function decode(url: string): string {
  return url.replace(/(?:%[\da-f]{2})+/gi, (escapes) => {
    try {
      return decodeURI(escapes.replaceAll("%25", "%2525"));
    } catch {
      return escapes;
    }
  });
}

export default {};
