/**
 * The named character references that are read: all of HTML 4, and those of HTML 5 that people write for ASCII signs.
 *
 * Stands in for the package `entities` in the bundle: HTML 5 names 2,125, and its table alone would be a third of the
 * bundle. A name that is not here is shown as it is written.
 */

/** U+00A0 to U+00FF, in order. */
const LATIN =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute " +
  "micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring " +
  "AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml " +
  "times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil " +
  "egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash " +
  "ugrave uacute ucirc uuml yacute thorn yuml";

const OTHER =
  "quot amp lt gt OElig oelig Scaron scaron Yuml fnof circ tilde Alpha Beta Gamma Delta Epsilon Zeta Eta Theta " +
  "Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega alpha beta gamma delta epsilon " +
  "zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega thetasym " +
  "upsih piv ensp emsp thinsp zwnj zwj lrm rlm ndash mdash lsquo rsquo sbquo ldquo rdquo bdquo dagger Dagger " +
  "bull hellip permil prime Prime lsaquo rsaquo oline frasl euro image weierp real trade alefsym larr uarr rarr " +
  "darr harr crarr lArr uArr rArr dArr hArr forall part exist empty nabla isin notin ni prod sum minus lowast " +
  "radic prop infin ang and or cap cup int there4 sim cong asymp ne equiv le ge sub sup nsub sube supe oplus " +
  "otimes perp sdot lceil rceil lfloor rfloor lang rang loz spades clubs hearts diams apos Tab NewLine excl num " +
  "dollar percnt lpar rpar ast plus comma period sol colon semi equals quest commat lsqb lbrack bsol rsqb " +
  "rbrack Hat lowbar grave lcub lbrace verbar vert rcub rbrace hyphen dash check cross star starf phone female " +
  "male Dcaron";

/** Code points of `OTHER`, hexadecimal, in its order. */
const CODES =
  "22 26 3c 3e 152 153 160 161 178 192 2c6 2dc 391 392 393 394 395 396 397 398 399 39a 39b 39c 39d 39e 39f 3a0 " +
  "3a1 3a3 3a4 3a5 3a6 3a7 3a8 3a9 3b1 3b2 3b3 3b4 3b5 3b6 3b7 3b8 3b9 3ba 3bb 3bc 3bd 3be 3bf 3c0 3c1 3c2 3c3 " +
  "3c4 3c5 3c6 3c7 3c8 3c9 3d1 3d2 3d6 2002 2003 2009 200c 200d 200e 200f 2013 2014 2018 2019 201a 201c 201d " +
  "201e 2020 2021 2022 2026 2030 2032 2033 2039 203a 203e 2044 20ac 2111 2118 211c 2122 2135 2190 2191 2192 " +
  "2193 2194 21b5 21d0 21d1 21d2 21d3 21d4 2200 2202 2203 2205 2207 2208 2209 220b 220f 2211 2212 2217 221a " +
  "221d 221e 2220 2227 2228 2229 222a 222b 2234 223c 2245 2248 2260 2261 2264 2265 2282 2283 2284 2286 2287 " +
  "2295 2297 22a5 22c5 2308 2309 230a 230b 27e8 27e9 25ca 2660 2663 2665 2666 27 9 a 21 23 24 25 28 29 2a 2b 2c " +
  "2e 2f 3a 3b 3d 3f 40 5b 5b 5c 5d 5d 5e 5f 60 7b 7b 7c 7c 7d 7d 2010 2010 2713 2717 2606 2605 260e 2640 2642 " +
  "10e";

const characters = new Map<string, string>();
LATIN.split(" ").forEach((name, index) => characters.set(name, String.fromCodePoint(0xa0 + index)));
const codes = CODES.split(" ");
OTHER.split(" ").forEach((name, index) => characters.set(name, String.fromCodePoint(Number.parseInt(codes[index]!, 16))));

/** The character of one reference `&name;`, or the reference itself. */
export function decodeHTMLStrict(reference: string): string {
  return characters.get(reference.slice(1, -1)) ?? reference;
}
