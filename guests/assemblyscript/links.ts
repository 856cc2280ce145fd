// A link shortener. The app's `config` is its table, a link a line: the short name, where it leads,
// and 301 if it always will (302 unless told). "#" begins a comment.
//
//   docs   https://docs.example.org/en/latest/
//   shop   https://shop.example.org/?from=link  301
//
// GET /docs leads there, /docs+ shows where it would lead. The table is read once, while the module
// initialises: it is part of the image that every instance begins with.
import { Header, Uri, config, method, respond, status, warn } from "./http_handler";

class Link {
  constructor(
    public target: string,
    public permanent: bool,
  ) {}
}

const links = readLinks(config());

/** Names are of A-Z a-z 0-9 _ -: they need no escaping anywhere. */
function isName(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const isLetter = (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a;
    if (!isLetter && !(c >= 0x30 && c <= 0x39) && c != 0x5f && c != 0x2d) return false;
  }
  return text.length > 0 && text.length <= 64;
}

/** Only the web: a link to "javascript:" or the like would run in the visitor's browser. */
function isTarget(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 0x20 || c > 0x7e) return false;
  }
  return text.startsWith("https://") || text.startsWith("http://");
}

function words(line: string): string[] {
  const all = line.replaceAll("\t", " ").replaceAll("\r", " ").split(" ");
  const found: string[] = [];
  for (let i = 0; i < all.length; i++) {
    if (all[i].length > 0) found.push(all[i]);
  }
  return found;
}

function readLinks(text: string): Map<string, Link> {
  const table = new Map<string, Link>();
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = words(lines[i]);
    if (line.length == 0 || line[0].startsWith("#")) continue;
    const hasKind = line.length == 3 && (line[2] == "301" || line[2] == "302");
    if ((line.length != 2 && !hasKind) || !isName(line[0]) || !isTarget(line[1])) {
      warn(`config, line ${i + 1}: not "name http(s)://... [301|302]"; left out`);
    } else if (table.has(line[0])) {
      warn(`config, line ${i + 1}: there is a link ${line[0]} already; left out`);
    } else {
      table.set(line[0], new Link(line[1], hasKind && line[2] == "301"));
    }
  }
  return table;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function answerPage(code: u32, title: string, body: string): void {
  status(code);
  Header.set("content-type", "text/html; charset=utf-8");
  Header.set("content-security-policy", "default-src 'none'");
  respond(`<!doctype html>\n<title>${title}</title>\n<h1>${title}</h1>\n${body}\n`);
}

function redirect(link: Link): void {
  status(link.permanent ? 301 : 302);
  Header.set("location", link.target);
  if (!link.permanent) Header.set("cache-control", "no-store");
  respond(`${link.target}\n`);
}

function preview(name: string, link: Link): void {
  const target = escape(link.target);
  Header.set("referrer-policy", "no-referrer");
  answerPage(200, `Where ${name} leads`,
             `<p><a href="${target}" rel="noreferrer">${target}</a></p>`);
}

/** How many letters have to be changed, added or left out to make one of the other. */
function distance(one: string, other: string): i32 {
  let row = new StaticArray<i32>(other.length + 1);
  for (let j = 0; j <= other.length; j++) row[j] = j;
  for (let i = 1; i <= one.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= other.length; j++) {
      const same = one.charCodeAt(i - 1) == other.charCodeAt(j - 1);
      const changed = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = min(changed, min(row[j], row[j - 1]) + 1);
    }
  }
  return row[other.length];
}

function answerUnknown(path: string): void {
  const name = path.substring(1);
  let nearest = "";
  let least = 3; // more than two letters off is another word
  if (isName(name)) {
    const names = links.keys();
    for (let i = 0; i < names.length; i++) {
      const off = distance(name, names[i]);
      if (off < least) {
        least = off;
        nearest = names[i];
      }
    }
  }
  let body = `<p>There is no link <code>${escape(path)}</code>.`;
  if (nearest.length > 0) body += ` Did you mean <a href="/${nearest}">${nearest}</a>?`;
  answerPage(404, "No such link", body + "</p>");
}

export function handle_request(): u64 {
  const asked = method();
  if (asked != "GET" && asked != "HEAD") {
    Header.set("allow", "GET, HEAD");
    answerPage(405, "Method not allowed", "<p>Links are followed by GET.</p>");
    return 0;
  }
  const path = Uri.current().path();
  const wantsPreview = path.endsWith("+");
  const name = path.substring(1, wantsPreview ? path.length - 1 : path.length);
  if (path == "/") {
    answerPage(200, "Short links", "<p>Add a link's name to this address, and + to see where it leads.</p>");
  } else if (!links.has(name)) {
    answerUnknown(path);
  } else if (wantsPreview) {
    preview(name, links.get(name));
  } else {
    redirect(links.get(name));
  }
  return 0;
}

export function handle_response(context: u32, isError: u32): void {}
