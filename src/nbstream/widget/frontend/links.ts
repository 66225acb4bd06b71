/**
 * Which addresses may be a link, and what a reader must be told about them. Pure: no DOM.
 *
 * Absolute http, https and mailto, nothing else: in a notebook's page a relative address reaches the server's own API.
 */

import { LINK_LIMIT } from "./limits.ts";

export interface SafeLink {
  readonly href: string;
  /** What is shown beside the text: the real host where the text could pass for another; empty where it cannot. */
  readonly note: string;
}

const ABSOLUTE = /^(?:https?:\/\/[^/\\]|mailto:[^/\\])/i;

/** What looks like the name of a host, in any script. */
const HOST_LIKE = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?[.\u3002\uff0e\uff61])+[\p{L}\p{M}]{2,}/gu;

/** The link that `address` may become under `text`, or null when it must stay text. */
export function safeLink(address: string, text: string): SafeLink | null {
  if (address.length > LINK_LIMIT || !ABSOLUTE.test(address)) return null;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (url.href.length > LINK_LIMIT) return null;
  if (url.protocol === "mailto:") return { href: url.href, note: mailNote(url, text) };
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  // user@host: what stands before the @ is there to be taken for the host.
  if (url.username !== "" || url.password !== "") return null;
  return { href: url.href, note: hostNote(url, text) };
}

/** The host of an address as a reader should see it, or the beginning of the address where it has none. */
export function hostOf(address: string): string {
  try {
    const url = new URL(address);
    if (url.host !== "") return url.host;
  } catch {
    // Relative, or no address at all: shown as it is.
  }
  return address.length > 80 ? `${address.slice(0, 80)}…` : address;
}

function hostNote(url: URL, text: string): string {
  if (url.hostname.includes("xn--")) return url.host;
  const real = bare(url.hostname);
  const shown = text.slice(0, LINK_LIMIT).match(HOST_LIKE) ?? [];
  const strange = shown.some((name) => bare(name.toLowerCase()) !== real);
  return strange || text.trim() === "" ? url.host : "";
}

function mailNote(url: URL, text: string): string {
  const address = url.pathname;
  return /@|\./.test(text) && !text.includes(address) ? address.slice(0, 120) : "";
}

function bare(host: string): string {
  return host.startsWith("www.") ? host.slice(4) : host;
}
